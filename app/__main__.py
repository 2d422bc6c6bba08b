"""`python -m app [serve|prepare|openapi]`: the API process."""

import argparse
import json
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from types import FrameType

import uvicorn

from app import logs
from app.main import create_app, leave, prepare
from app.settings import Settings, load

# Seconds an open request has to end once a stop was asked for.
GRACE_S = 10


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m app", description=__doc__)
    commands = parser.add_subparsers(dest="command")
    commands.add_parser("serve", help="prepare the database and serve (the default)")
    commands.add_parser("prepare", help="prepare the database and the first key, then exit")
    openapi = commands.add_parser("openapi", help="write the contract to a file, sorted")
    openapi.add_argument("path", type=Path)
    arguments = parser.parse_args()
    settings = load()
    if arguments.command == "openapi":
        write_openapi(settings, arguments.path)
        return
    logs.set_up(settings)
    announce(settings)
    if arguments.command != "prepare":
        serve(settings)


def announce(settings: Settings) -> None:
    """Prepares, and shows a new first key: this once, on the terminal, never in a log."""
    token = prepare(settings)
    if token is not None and settings.first_key is None:
        sys.stdout.write(f"\nYour first API key (kept in {settings.data_dir / 'first-key'}):\n\n    {token}\n\n")
        sys.stdout.flush()


class Server(uvicorn.Server):
    """Tells the service at once that it is to stop; on its own, uvicorn says so only when all answers have ended."""

    def __init__(self, config: uvicorn.Config, on_exit: Callable[[], None]) -> None:
        super().__init__(config)
        self.on_exit = on_exit

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        self.on_exit()
        super().handle_exit(sig, frame)


def serve(settings: Settings) -> None:
    app = create_app(settings)
    config = uvicorn.Config(
        app,
        host=settings.host,
        port=settings.port,
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=GRACE_S,
    )
    server = Server(config, lambda: leave(app))
    # Raised again by the server once it has stopped in good order.
    with suppress(KeyboardInterrupt):
        server.run()
    if not server.started:
        sys.exit(1)


def write_openapi(settings: Settings, path: Path) -> None:
    document = create_app(settings).openapi()
    path.write_text(json.dumps(document, indent=2, sort_keys=True, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()
