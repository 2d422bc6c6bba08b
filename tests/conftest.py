"""What tests share: an installation of their own, and a client whose every answer is held against the contract."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog
from hypothesis import HealthCheck, settings

from app import logs, models
from app.db import writing
from app.main import create_app
from app.settings import Settings
from tests.client import Client
from tests.installation import Installation, installed
from tests.s3_server import Wire
from tests.scenes import make_key

# A person's own settings must not reach the tests: their database would be worked on.
Settings.model_config["env_file"] = None
for name in [name for name in os.environ if name.startswith("CANDID_") and "TEST" not in name]:
    del os.environ[name]

# The default would draw every traceback with all its values, which takes seconds.
structlog.configure(processors=[*logs.shared(), structlog.processors.KeyValueRenderer()])

# Examples of one test share its database on purpose: what one leaves behind is another's weather.
settings.register_profile("candid", deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
settings.load_profile("candid")


# Whoever asks for one of these has a database, of the kind that CANDID_TEST_DATABASE names.
WITH_DATABASE = {"here", "unprepared", "empty", "service", "desk", "golden"}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if WITH_DATABASE & set(getattr(item, "fixturenames", ())):
            item.add_marker("database")


@pytest.fixture
def here(tmp_path: Path) -> Iterator[Installation]:
    with installed(tmp_path / "data") as here:
        yield here


@pytest.fixture
def client(here: Installation) -> Iterator[Client]:
    """The service over HTTP, called with a key of the installation's owner that has every scope."""
    with Client(create_app(here.settings), key=make_key(here)) as client:
        yield client


@pytest.fixture
def stranger(here: Installation, client: Client) -> Client:
    """Another owner on the same service."""
    with writing(here.engine) as session:
        owner = models.Owner(name="somebody else")
        session.add(owner)
    return client.as_key(make_key(here, owner_id=owner.id))


@pytest.fixture
def wire(monkeypatch: pytest.MonkeyPatch) -> Iterator[Wire]:
    """The way to the S3 server, which can be disturbed. Who asks for it first is led over it."""
    with Wire() as wire:
        monkeypatch.setenv("AWS_ENDPOINT_URL", wire.url)
        yield wire
