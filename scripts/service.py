"""A real service of its own for a script: API and worker on a free port, in a throw-away data folder."""

import contextlib
import os
import secrets
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx

ROOT = Path(__file__).resolve().parent.parent
# A script is one caller that asks as fast as it can.
UNLIMITED = {f"{kind}_per_minute": 0 for kind in ("reads", "writes", "uploads", "refused_keys")}
START_S, STOP_S = 60, 30


@dataclass(frozen=True)
class Service:
    """Where it is and what opens it. `processes` by name, for those who want to measure or kill them."""

    url: str
    key: str
    data_dir: Path
    processes: dict[str, subprocess.Popen[bytes]]

    def client(self) -> httpx.Client:
        return httpx.Client(base_url=self.url, headers={"Authorization": f"Bearer {self.key}"}, timeout=120)


@contextlib.contextmanager
def running(*names: str, **settings: object) -> Iterator[Service]:
    """Starts `python -m NAME` for each name (`app`, `workers`); settings are CANDID_ variables in lower case."""
    with tempfile.TemporaryDirectory(prefix="candid-") as folder:
        port, key = _free_port(), f"cdd_{secrets.token_hex(16)}_{secrets.token_hex(24)}"
        own = {"data_dir": folder, "port": port, "first_key": key} | UNLIMITED | settings
        environment = os.environ | {f"CANDID_{name.upper()}": str(value) for name, value in own.items()}
        log = (Path(folder) / "log").open("wb")
        processes = {
            name: subprocess.Popen([sys.executable, "-m", name], cwd=ROOT, env=environment, stderr=log)
            for name in names
        }
        service = Service(f"http://127.0.0.1:{port}", key, Path(folder), processes)
        try:
            _wait(service, workers="workers" in names)
            yield service
        finally:
            _stop(processes)
            log.close()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _wait(service: Service, *, workers: bool) -> None:
    for _ in range(START_S * 10):
        if any(process.poll() is not None for process in service.processes.values()):
            break
        with contextlib.suppress(httpx.TransportError):
            if httpx.get(f"{service.url}/readyz").json()["workers"] >= workers:
                return
        time.sleep(0.1)
    log = (service.data_dir / "log").read_text(errors="replace")
    raise SystemExit(f"the service did not start:\n{log[-3000:]}")


def _stop(processes: dict[str, subprocess.Popen[bytes]]) -> None:
    for process in processes.values():
        process.terminate()
    for process in processes.values():
        try:
            process.wait(STOP_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
