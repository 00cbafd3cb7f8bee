#!/usr/bin/env bash
# Prepare a machine for one purpose: scripts/setup.sh demo|lint|test|bench
#
# Installs uv where it is missing, the system libraries that WeasyPrint loads (as root on Debian;
# elsewhere it says what to install), and the locked Python packages of that purpose into .venv.
set -euo pipefail
cd "$(dirname "$0")/.."

purpose="${1:-}"
case "$purpose" in
    demo) groups=(--no-dev --group demo) ;;
    lint | test) groups=(--group orchestration) ;;
    bench) groups=(--group bench) ;;
    *)
        echo "Name the purpose: scripts/setup.sh demo|lint|test|bench" >&2
        exit 2
        ;;
esac

fail() {
    echo "$1" >&2
    exit 3
}

can_install() {
    [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null
}

install_packages() {
    echo "Installing $*" >&2
    export DEBIAN_FRONTEND=noninteractive
    # The tests start a database of their own; the package's is not wanted.
    if [[ " $* " == *" postgresql "* ]] && [ ! -e /etc/postgresql-common/createcluster.conf ]; then
        mkdir -p /etc/postgresql-common
        echo "create_main_cluster = false" >/etc/postgresql-common/createcluster.conf
    fi
    apt-get update -qq
    apt-get install -qq --yes --no-install-recommends "$@" >/dev/null
}

# uv: the one on the PATH, else one inside .venv, which the locked packages then join.
if command -v uv >/dev/null; then
    uv=uv
elif [ -x .venv/bin/uv ]; then
    uv=.venv/bin/uv
else
    command -v python3 >/dev/null || fail "Install Python 3.11 first (Debian: python3)."
    if ! python3 -c "import ensurepip, venv" 2>/dev/null; then
        can_install || fail "Install uv, or Python's venv module (Debian: python3-venv)."
        install_packages python3-venv
    fi
    echo "Installing uv" >&2
    python3 -m venv .venv
    .venv/bin/python -m pip install --quiet --disable-pip-version-check uv
    uv=.venv/bin/uv
fi

[ -e .venv/.lock ] || echo "Installing the locked Python packages into .venv" >&2
# --inexact: what an earlier purpose installed stays.
UV_PYTHON_DOWNLOADS=never "$uv" sync --quiet --frozen --inexact "${groups[@]}"

# System libraries: named by what the dynamic loader finds, installed by Debian package.
mapfile -t missing < <(.venv/bin/python scripts/missing_packages.py "$purpose")
if [ "${#missing[@]}" -gt 0 ]; then
    can_install || fail "Install these first (Debian package names): ${missing[*]}."
    install_packages "${missing[@]}"
fi
