"""`python -m app [serve|prepare|openapi]`: the API process."""

import argparse
import json
import sys
from pathlib import Path

import uvicorn

from app import logs
from app.main import create_app, prepare
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


def serve(settings: Settings) -> None:
    uvicorn.run(
        create_app(settings),
        host=settings.host,
        port=settings.port,
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=GRACE_S,
    )


def write_openapi(settings: Settings, path: Path) -> None:
    document = create_app(settings).openapi()
    path.write_text(json.dumps(document, indent=2, sort_keys=True, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()
