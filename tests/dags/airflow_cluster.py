"""PostgreSQL and Airflow's components as real processes on loopback, for tests marked service.

Each component is started on its own, in a session of its own, and ended by its process group:
``airflow standalone`` would bind its log servers to every address. Nothing here knows a DAG; what
is asserted about runs belongs to the tests.
"""

import base64
import contextlib
import json
import os
import pwd
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

AIRFLOW = Path(sys.executable).with_name("airflow")
ADMIN = "admin"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_until(
    condition: Callable[[], Any], what: str, seconds: float = 120.0, every: float = 0.5
) -> Any:
    """Return the first true value of a condition, or fail with what was waited for."""
    deadline = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline:
            msg = f"waited {seconds:g} s in vain for {what}"
            raise TimeoutError(msg)
        time.sleep(every)


@dataclass
class Service:
    """One process and all that it starts, with its output in a file."""

    name: str
    process: subprocess.Popen[bytes]
    log: Path
    output: IO[bytes]

    @classmethod
    def start(
        cls,
        name: str,
        command: Sequence[str],
        environment: Mapping[str, str],
        folder: Path,
        user: str | None = None,
        directory: Path = Path("/"),
    ) -> "Service":
        log = folder / f"{name}.log"
        output = log.open("wb")
        process = subprocess.Popen(
            list(command),
            env=dict(environment),
            cwd=directory,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            user=user,
        )
        return cls(name, process, log, output)

    def require_alive(self) -> None:
        code = self.process.poll()
        if code is not None:
            msg = f"{self.name} ended with {code}: {self.log.read_text(errors='replace')[-3000:]}"
            raise RuntimeError(msg)

    def stop(self, number: signal.Signals = signal.SIGTERM, seconds: float = 15.0) -> None:
        if self.process.poll() is None:
            self.process.send_signal(number)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(seconds)
        # What the component started itself ends with it.
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        self.output.close()


def find_postgresql() -> Path:
    """Return the folder of PostgreSQL's programs; Debian keeps them off the PATH."""
    folders = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"))
    program = shutil.which("postgres")
    if program:
        # A link on the PATH leads to the folder with the rest.
        folders.append(Path(program).resolve())
    folders = [found for found in folders if found.with_name("pg_isready").exists()]
    if not folders:
        msg = "PostgreSQL is not installed (Debian: postgresql); scripts/setup.sh test installs it"
        raise FileNotFoundError(msg)
    return folders[-1].parent


@contextlib.contextmanager
def run_postgresql(database: str, password: str) -> Iterator[int]:
    """Run a PostgreSQL of one's own on loopback; yields its port. The data go with it."""
    programs = find_postgresql()
    # It refuses to run as root.
    user = pwd.getpwnam("postgres").pw_name if os.geteuid() == 0 else None
    folder = Path(tempfile.mkdtemp(prefix="postgresql-"))
    service = None
    try:
        secret = folder / "password"
        secret.write_text(password)
        if user:
            for path in (folder, secret):
                shutil.chown(path, user)
        data = folder / "data"
        subprocess.run(
            [
                str(programs / "initdb"),
                f"--pgdata={data}",
                f"--username={database}",
                f"--pwfile={secret}",
                "--auth=scram-sha-256",
                "--encoding=UTF8",
                "--locale=C",
                "--no-sync",
            ],
            user=user,
            cwd="/",
            env={"PATH": os.environ["PATH"]},
            check=True,
            capture_output=True,
            timeout=120,
        )
        port = free_port()
        options = {
            "listen_addresses": "127.0.0.1",
            "port": str(port),
            "unix_socket_directories": "",
            # The data are thrown away: no need to wait for the disk.
            "fsync": "off",
            "synchronous_commit": "off",
            "full_page_writes": "off",
        }
        arguments = [f"--{name}={value}" for name, value in options.items()]
        service = Service.start(
            "postgresql",
            [str(programs / "postgres"), "-D", str(data), *arguments],
            {"PATH": os.environ["PATH"]},
            folder,
            user,
        )
        access = {"PGPASSWORD": password, "PATH": os.environ["PATH"]}
        target = ["--host=127.0.0.1", f"--port={port}", f"--username={database}"]

        def is_ready() -> bool:
            assert service is not None
            service.require_alive()
            ready = [str(programs / "pg_isready"), *target, "--dbname=postgres"]
            return subprocess.run(ready, env=access, capture_output=True).returncode == 0

        wait_until(is_ready, "PostgreSQL", 60.0, 0.2)
        subprocess.run(
            [str(programs / "createdb"), *target, "--maintenance-db=postgres", database],
            env=access,
            check=True,
            capture_output=True,
        )
        yield port
    finally:
        if service is not None:
            # Fast shutdown: do not wait for clients.
            service.stop(signal.SIGINT)
        shutil.rmtree(folder, ignore_errors=True)


@dataclass
class Cluster:
    """Airflow on loopback: its environment, its components, its REST API."""

    home: Path
    environment: dict[str, str]
    port: int
    password: str
    services: list[Service] = field(default_factory=list)
    _token: str = ""

    @property
    def logs(self) -> Path:
        return self.home / "logs"

    def airflow(self, *arguments: str, seconds: float = 180.0) -> str:
        """Run one Airflow command and return what it printed."""
        result = subprocess.run(
            [str(AIRFLOW), *arguments],
            env=self.environment,
            cwd="/",
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=seconds,
        )
        assert result.returncode == 0, result.stdout + result.stderr
        return result.stdout

    def start(self, name: str, *arguments: str) -> Service:
        service = Service.start(name, [str(AIRFLOW), *arguments], self.environment, self.home)
        self.services.append(service)
        return service

    def stop(self) -> None:
        # The API comes first in the list and must go last: the others report to it.
        for service in reversed(self.services):
            service.stop()

    def require_alive(self) -> None:
        for service in self.services:
            service.require_alive()

    def call(self, method: str, path: str, body: object = None) -> Any:
        """Call the REST API as its administrator and return the JSON answer."""
        status, content = self.request(method, f"/api/v2/{path}", body, self.token())
        assert status < 400, f"{method} {path}: {status} {content[:500]!r}"
        return json.loads(content) if content else None

    def token(self) -> str:
        if not self._token:
            login = {"username": ADMIN, "password": self.password}
            status, content = self.request("POST", "/auth/token", login)
            assert status < 400, content
            self._token = json.loads(content)["access_token"]
        return self._token

    def request(
        self, method: str, path: str, body: object = None, token: str = ""
    ) -> tuple[int, bytes]:
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.port}{path}",
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={"Content-Type": "application/json"}
            | ({"Authorization": f"Bearer {token}"} if token else {}),
        )
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:  # noqa: S310
                return int(answer.status), answer.read()
        except urllib.error.HTTPError as error:
            return error.code, error.read()

    def health(self) -> dict[str, str | None]:
        """Return the status of each component, empty while the API does not answer."""
        try:
            status, content = self.request("GET", "/api/v2/monitor/health")
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            return {}
        parts = json.loads(content) if status == 200 else {}
        return {name: (part or {}).get("status") for name, part in parts.items()}

    def wait_for_run(self, dag_id: str, run_id: str, seconds: float = 240.0) -> str:
        """Return the state in which a run ended."""

        def state() -> str:
            self.require_alive()
            found = self.call("GET", f"dags/{dag_id}/dagRuns/{run_id}")["state"]
            return found if found in {"success", "failed"} else ""

        return str(wait_until(state, f"the end of {dag_id} {run_id}", seconds))

    def task_states(self, dag_id: str, run_id: str) -> dict[str, str]:
        found = self.call("GET", f"dags/{dag_id}/dagRuns/{run_id}/taskInstances?limit=200")
        return {task["task_id"]: task["state"] for task in found["task_instances"]}

    def task_log(self, dag_id: str, run_id: str, task_id: str, attempt: int = 1) -> str:
        path = f"dags/{dag_id}/dagRuns/{run_id}/taskInstances/{task_id}/logs/{attempt}"
        return json.dumps(self.call("GET", path))


def airflow_environment(
    home: Path, dags: Path, database_port: int, database: str, password: str, port: int
) -> dict[str, str]:
    """Return the settings of an Airflow that keeps to a folder, to loopback, and calls nobody."""
    inherited = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("AIRFLOW", "MARGINPROOF", "PYTEST", "PG"))
    }
    api = f"http://127.0.0.1:{port}"
    return {
        **inherited,
        "AIRFLOW_HOME": str(home),
        "AIRFLOW__CORE__DAGS_FOLDER": str(dags),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__CORE__EXECUTOR": "LocalExecutor",
        "AIRFLOW__CORE__PARALLELISM": "4",
        "AIRFLOW__CORE__EXECUTION_API_SERVER_URL": f"{api}/execution/",
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_USERS": f"{ADMIN}:admin",
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE": str(home / "passwords.json"),
        "AIRFLOW__CORE__FERNET_KEY": base64.urlsafe_b64encode(secrets.token_bytes(32)).decode(),
        # The driver takes the password from PGPASSWORD: it stands in no address.
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": (
            f"postgresql+psycopg2://{database}@127.0.0.1:{database_port}/{database}"
        ),
        "PGPASSWORD": password,
        "AIRFLOW__API__HOST": "127.0.0.1",
        "AIRFLOW__API__PORT": str(port),
        "AIRFLOW__API__BASE_URL": api,
        "AIRFLOW__API__WORKERS": "1",
        "AIRFLOW__API__SECRET_KEY": f"{password}-api-{secrets.token_hex(16)}",
        "AIRFLOW__API_AUTH__JWT_SECRET": f"{password}-jwt-{secrets.token_hex(32)}",
        "AIRFLOW__SCHEDULER__SCHEDULER_IDLE_SLEEP_TIME": "0.2",
        "AIRFLOW__DAG_PROCESSOR__REFRESH_INTERVAL": "300",
        "AIRFLOW__DAG_PROCESSOR__MIN_FILE_PROCESS_INTERVAL": "300",
        "AIRFLOW__USAGE_DATA_COLLECTION__ENABLED": "False",
        "SCARF_ANALYTICS": "false",
        "GX_ANALYTICS_ENABLED": "false",
    }


@contextlib.contextmanager
def run_airflow(
    home: Path, dags: Path, settings: Mapping[str, str], password: str, expected_dags: set[str]
) -> Iterator[Cluster]:
    """Run PostgreSQL, API server, scheduler and DAG processor; yields them once all are healthy.

    Parameters
    ----------
    home : Path
        Airflow's folder: configuration, logs, output of the components.
    dags : Path
        The dags folder.
    settings : mapping
        Environment variables on top of those of ``airflow_environment``.
    password : str
        Of the metadata database and of the administrator.
    expected_dags : set of str
        DAGs that must have been parsed before the cluster counts as started.
    """
    with run_postgresql("airflow", password) as database_port:
        port = free_port()
        environment = airflow_environment(home, dags, database_port, "airflow", password, port)
        cluster = Cluster(home, {**environment, **settings}, port, password)
        (home / "passwords.json").write_text(json.dumps({ADMIN: password}))
        cluster.airflow("db", "migrate")
        try:
            cluster.start("api-server", "api-server")
            cluster.start("scheduler", "scheduler", "--skip-serve-logs")
            cluster.start("dag-processor", "dag-processor")

            def is_healthy() -> bool:
                cluster.require_alive()
                health = cluster.health()
                needed = ("metadatabase", "scheduler", "dag_processor")
                return all(health.get(name) == "healthy" for name in needed)

            wait_until(is_healthy, "Airflow's components", 180.0)

            def are_parsed() -> bool:
                cluster.require_alive()
                found = {dag["dag_id"] for dag in cluster.call("GET", "dags")["dags"]}
                return expected_dags <= found

            wait_until(are_parsed, "the DAGs to be parsed", 120.0)
            yield cluster
        finally:
            cluster.stop()


def listening_addresses(services: Sequence[Service]) -> set[str]:
    """Return the addresses on which the services or their children listen for TCP, with ports."""
    sessions = {service.process.pid for service in services}
    sockets: dict[str, str] = {}
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        for line in Path(table).read_text().splitlines()[1:]:
            parts = line.split()
            if parts[3] == "0A":
                sockets[parts[9]] = _decode_address(parts[1])
    found = set()
    for process in Path("/proc").glob("[0-9]*"):
        try:
            session = int((process / "stat").read_text().rsplit(")", 1)[1].split()[3])
            if session not in sessions:
                continue
            links = [str(entry.readlink()) for entry in (process / "fd").iterdir()]
        except (FileNotFoundError, ProcessLookupError, PermissionError):
            continue
        found |= {sockets[link[8:-1]] for link in links if link[8:-1] in sockets}
    return found


def _decode_address(text: str) -> str:
    """Turn the kernel's hexadecimal address (words in host order) into the usual one."""
    words, port = text.split(":")
    raw = b"".join(
        bytes.fromhex(words[start : start + 8])[::-1] for start in range(0, len(words), 8)
    )
    family = socket.AF_INET if len(raw) == 4 else socket.AF_INET6
    return f"{socket.inet_ntop(family, raw)}:{int(port, 16)}"
