"""docker-compose.yml: one writer, one local volume, no secrets, nothing open to the network."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
FILE = ROOT / "docker-compose.yml"
LONG_RUNNING = {"postgres", "api-server", "dag-processor", "scheduler"}


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    content: dict[str, Any] = yaml.safe_load(FILE.read_text())
    return content


@pytest.fixture
def services(compose: dict[str, Any]) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = compose["services"]
    assert set(found) == LONG_RUNNING | {"init"}
    return found


def test_every_published_port_is_on_this_machine_only(services: dict[str, dict[str, Any]]) -> None:
    ports = [str(port) for service in services.values() for port in service.get("ports", [])]
    assert ports
    assert all(port.startswith("127.0.0.1:") for port in ports)


def test_every_secret_comes_from_the_environment(services: dict[str, dict[str, Any]]) -> None:
    secret = re.compile(r"PASSWORD$|SECRET|_KEY$")
    seen = set()
    for service in services.values():
        for name, value in service.get("environment", {}).items():
            if secret.search(name):
                seen.add(name)
                # ${NAME:?message}: unset or empty stops the start with that message.
                assert re.fullmatch(r"\$\{[A-Z_]+:\?[^}]+\}", value), name
            else:
                assert ":?" not in value or name.startswith("MARGINPROOF"), name
    assert seen == {
        "POSTGRES_PASSWORD",
        "PGPASSWORD",
        "AIRFLOW_ADMIN_PASSWORD",
        "AIRFLOW__API__SECRET_KEY",
        "AIRFLOW__API_AUTH__JWT_SECRET",
        "AIRFLOW__CORE__FERNET_KEY",
    }


def test_no_address_holds_a_password(services: dict[str, dict[str, Any]]) -> None:
    for service in services.values():
        for name, value in service.get("environment", {}).items():
            assert not re.search(r"://[^/@]*:[^/@]*@", str(value)), name


def test_every_service_that_stays_has_a_health_check(
    services: dict[str, dict[str, Any]],
) -> None:
    for name in LONG_RUNNING:
        assert services[name]["healthcheck"]["test"], name
        assert services[name]["restart"] == "unless-stopped", name


def test_services_wait_for_what_they_need(services: dict[str, dict[str, Any]]) -> None:
    waits = {
        name: {other: how["condition"] for other, how in service.get("depends_on", {}).items()}
        for name, service in services.items()
    }
    assert waits == {
        "postgres": {},
        "init": {"postgres": "service_healthy"},
        "api-server": {"init": "service_completed_successfully"},
        "dag-processor": {"init": "service_completed_successfully"},
        "scheduler": {"init": "service_completed_successfully", "api-server": "service_healthy"},
    }


def test_warehouse_is_one_local_volume_of_the_service_that_runs_tasks(
    compose: dict[str, Any], services: dict[str, dict[str, Any]]
) -> None:
    # No driver and no options: a folder of this machine, never a network file system.
    assert compose["volumes"]["warehouse"] == {}
    mounting = {
        name: volume
        for name, service in services.items()
        for volume in service.get("volumes", [])
        if volume.startswith("warehouse:")
    }
    assert mounting == {"scheduler": "warehouse:/var/lib/marginproof"}
    environment = services["scheduler"]["environment"]
    assert environment["MARGINPROOF_HOME"] == "/var/lib/marginproof"
    assert environment["AIRFLOW__CORE__EXECUTOR"] == "LocalExecutor"
    inbox = [volume for volume in services["scheduler"]["volumes"] if "INBOX" in volume]
    assert inbox[0].endswith(":/inbox:ro")


def test_start_creates_the_writers_pool_with_one_slot(
    services: dict[str, dict[str, Any]],
) -> None:
    assert services["init"]["command"] == ["/opt/marginproof/docker/init.sh"]
    lines = (ROOT / "docker/init.sh").read_text().splitlines()
    assert any(line.startswith("airflow pools set duckdb_writer 1 ") for line in lines)


def test_image_holds_every_folder_that_it_copies() -> None:
    copied = re.findall(r"^COPY (.+) \S+$", (ROOT / "docker/Dockerfile").read_text(), re.MULTILINE)
    sources = {source for line in copied for source in line.split()}
    allowed = {
        line[1:]
        for line in (ROOT / ".dockerignore").read_text().splitlines()
        if line.startswith("!")
    }
    assert sources == allowed
    for source in sources:
        assert (ROOT / source).exists(), source


def make_secrets(inbox: Path) -> dict[str, str]:
    result = subprocess.run(
        [sys.executable, str(ROOT / "scripts/make_secrets.py"), str(inbox)],
        capture_output=True,
        text=True,
        check=True,
    )
    return dict(line.split("=", 1) for line in result.stdout.splitlines())


def test_made_secrets_are_all_that_the_file_asks_for_and_never_the_same(tmp_path: Path) -> None:
    made = make_secrets(tmp_path)
    asked = set(re.findall(r"\$\{([A-Z_]+):\?", FILE.read_text()))
    assert set(made) == asked
    assert made["MARGINPROOF_INBOX_DIR"] == str(tmp_path)
    again = make_secrets(tmp_path)
    for name in asked - {"MARGINPROOF_INBOX_DIR"}:
        assert len(made[name]) >= 24
        assert made[name] != again[name]


def test_secrets_need_a_folder(tmp_path: Path) -> None:
    result = subprocess.run(
        [sys.executable, str(ROOT / "scripts/make_secrets.py"), str(tmp_path / "nowhere")],
        capture_output=True,
        text=True,
    )
    assert result.returncode == 1
    assert result.stdout == ""
    assert "Name the folder with the input files" in result.stderr


@pytest.fixture(scope="module")
def client() -> list[str]:
    """A compose client; no engine is needed to check a file."""
    docker = shutil.which("docker")
    if docker:
        plugin = subprocess.run([docker, "compose", "version"], capture_output=True)
        if plugin.returncode == 0:
            return [docker, "compose"]
    if shutil.which("docker-compose"):
        return ["docker-compose"]
    pytest.skip("no compose client on this machine (Debian: docker-compose)")


def test_client_accepts_the_file(client: list[str], tmp_path: Path) -> None:
    made = make_secrets(tmp_path)
    result = subprocess.run(
        [*client, "--file", str(FILE), "config"],
        env={"PATH": os.environ["PATH"], "HOME": str(tmp_path), **made},
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )
    assert result.returncode == 0, result.stderr
    resolved = yaml.safe_load(result.stdout)
    assert set(resolved["services"]) == LONG_RUNNING | {"init"}
    environment = resolved["services"]["scheduler"]["environment"]
    assert environment["PGPASSWORD"] == made["POSTGRES_PASSWORD"]
    assert made["AIRFLOW_ADMIN_PASSWORD"] not in json.dumps(resolved["services"]["scheduler"])


@pytest.mark.parametrize("name", ["POSTGRES_PASSWORD", "MARGINPROOF_INBOX_DIR"])
def test_client_refuses_to_start_without_a_value(
    client: list[str], tmp_path: Path, name: str
) -> None:
    made = make_secrets(tmp_path)
    del made[name]
    result = subprocess.run(
        [*client, "--file", str(FILE), "config"],
        env={"PATH": os.environ["PATH"], "HOME": str(tmp_path), **made},
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )
    assert result.returncode != 0
    message = {
        "POSTGRES_PASSWORD": "run scripts/make_secrets.py to make one",
        "MARGINPROOF_INBOX_DIR": "name the folder with the input files",
    }[name]
    assert message in result.stderr
