"""`make run`: prepares, starts the API and a worker, says where they are, and ends both with one Ctrl-C."""

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import httpx

from app import logs
from app.__main__ import announce
from app.settings import Settings, load

ROOT = Path(__file__).resolve().parent.parent
SAMPLE = ROOT / "sample" / "interview.m4a"
# Longest a service may take to answer its first request, and its processes to stop, in seconds.
START_S, STOP_S = 60, 30
BOLD, PLAIN = ("\033[1m", "\033[0m") if sys.stdout.isatty() else ("", "")


def main() -> int:
    settings = load()
    if settings.port == 0:
        # The children must agree with us on which free port it is.
        os.environ["CANDID_PORT"] = str(_free_port())
        settings = load()
    logs.set_up(settings)
    announce(settings)
    # A group of their own for both: a Ctrl-C at the terminal reaches us alone, and we end them in order.
    processes = {
        name: subprocess.Popen([sys.executable, "-m", name], cwd=ROOT, start_new_session=True)
        for name in ("app", "workers")
    }
    # SIGINT too: a shell that starts us in the background has it ignored, and Python then leaves it so. SIGHUP: the
    # terminal was closed, and the two would live on unseen.
    for name in ("SIGINT", "SIGTERM", "SIGHUP"):
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), _interrupt)
    try:
        if _wait_until_ready(settings, processes):
            print(welcome(settings), flush=True)
        return _wait_for_any(processes)
    except KeyboardInterrupt:
        print("\nStopping: the worker finishes its step or hands it back ...", flush=True)
        return 0
    finally:
        _stop(processes)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _interrupt(_signal: int, _frame: object) -> None:
    raise KeyboardInterrupt


def address(settings: Settings) -> str:
    host = "127.0.0.1" if settings.host in ("0.0.0.0", "::") else settings.host  # noqa: S104  only compared
    return f"http://{host}:{settings.port}"


def _wait_until_ready(settings: Settings, processes: dict[str, subprocess.Popen[bytes]]) -> bool:
    for _ in range(START_S * 10):
        if any(process.poll() is not None for process in processes.values()):
            return False
        try:
            found = httpx.get(f"{address(settings)}/readyz", timeout=2)
            if found.status_code == httpx.codes.OK and found.json()["workers"]:
                return True
        except httpx.TransportError:
            pass
        time.sleep(0.1)
    return False


def welcome(settings: Settings) -> str:
    """What a person needs next: the address, and one command to paste."""
    key = "$CANDID_FIRST_KEY" if settings.first_key else f"$(cat {_from_here(settings.data_dir / 'first-key')})"
    url = address(settings)
    return f"""
{BOLD}Candid is ready: {url}{PLAIN}   (documentation: {url}/docs)

Send it the sample interview:

  curl -F consent=true -F file=@{_from_here(SAMPLE)} -H "Authorization: Bearer {key}" {url}/v1/interviews

Then read, with the id from the answer (ID=int_...):

  curl -H "Authorization: Bearer {key}" "{url}/v1/interviews/$ID/transcript?format=txt"
  curl -H "Authorization: Bearer {key}" {url}/v1/interviews/$ID/insights

Ctrl-C ends it.
"""


def _from_here(path: Path) -> str:
    return os.path.relpath(path)


def _wait_for_any(processes: dict[str, subprocess.Popen[bytes]]) -> int:
    while True:
        for name, process in processes.items():
            code = process.poll()
            if code is not None:
                print(f"{name} ended with code {code}; stopping the other", file=sys.stderr, flush=True)
                return code or 1
        time.sleep(0.2)


def _stop(processes: dict[str, subprocess.Popen[bytes]]) -> None:
    for process in processes.values():
        if process.poll() is None:
            process.terminate()
    deadline = time.monotonic() + STOP_S
    for process in processes.values():
        try:
            process.wait(max(0.1, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            process.kill()


if __name__ == "__main__":
    sys.exit(main())
