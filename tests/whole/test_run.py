"""`make run`: both processes come up, a person is told what to do next, and one wish ends both."""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.whole.service import ROOT, eventually


@pytest.fixture
def run(tmp_path: Path) -> Iterator[tuple["subprocess.Popen[bytes]", Path]]:
    log = tmp_path / "log"
    ours = {"CANDID_DATA_DIR": str(tmp_path / "data"), "CANDID_PORT": "0"}
    with log.open("wb") as file:
        process = subprocess.Popen(
            [sys.executable, "scripts/run.py"], cwd=ROOT, env=os.environ | ours, stdout=file, stderr=file
        )
    yield process, log
    process.kill()
    process.wait()


@pytest.mark.parametrize("wish", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_one_wish_ends_both(run: tuple["subprocess.Popen[bytes]", Path], wish: signal.Signals) -> None:
    process, log = run
    url = eventually(lambda: re.search(r"Candid is ready: (http://127\.0\.0\.1:\d+)", log.read_text())).group(1)
    assert "curl -F consent=true -F file=@sample/interview.m4a" in log.read_text()
    assert httpx.get(f"{url}/readyz").json()["workers"] == 1
    process.send_signal(wish)
    assert process.wait(30) == 0
    assert "worker ended" in log.read_text()
    with pytest.raises(httpx.TransportError):
        httpx.get(f"{url}/healthz")


def test_the_first_key_is_shown_once_and_kept_for_its_owner_alone(
    run: tuple["subprocess.Popen[bytes]", Path], tmp_path: Path
) -> None:
    _process, log = run
    eventually(lambda: "Candid is ready" in log.read_text())
    kept = tmp_path / "data" / "first-key"
    assert kept.stat().st_mode & 0o777 == 0o600
    assert log.read_text().count(kept.read_text().strip()) == 1
