"""`python -m app [serve|prepare|openapi|backup|restore|certificates]`: the API process, and what one does beside it."""

import argparse
import json
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from types import FrameType

import uvicorn

from app import backups, connections, logs
from app.main import create_app, leave, prepare
from app.settings import Settings, load

# Seconds an open request has to end once a stop was asked for.
GRACE_S = 10
SINCE = (
    "the data folder that the backup was made of, or a list that `certificates` printed: what was withdrawn or deleted "
    "after the backup is erased again. `nothing`: neither is left, and what is brought back may be somebody's who has "
    "withdrawn"
)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m app", description=__doc__)
    commands = parser.add_subparsers(dest="command")
    commands.add_parser("serve", help="prepare the database and serve (the default)")
    commands.add_parser("prepare", help="prepare the database and the first key, then exit")
    openapi = commands.add_parser("openapi", help="write the contract to a file, sorted")
    openapi.add_argument("path", type=Path)
    backup = commands.add_parser("backup", help="write everything to one file, also while the service runs")
    backup.add_argument("file", type=Path)
    restore = commands.add_parser("restore", help="bring a backup back into an empty data folder")
    restore.add_argument("file", type=Path)
    restore.add_argument("--since", metavar="WHERE", help=SINCE)
    commands.add_parser("certificates", help="print what was erased, for `restore --since`; keep it elsewhere")
    arguments = parser.parse_args()
    settings = load()
    try:
        COMMANDS[arguments.command or "serve"](settings, arguments)
    except backups.Refused as refusal:
        raise SystemExit(str(refusal)) from None


def run(settings: Settings, arguments: argparse.Namespace) -> None:
    """`serve`, and `prepare`, which is all of it but the serving."""
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
    connections.allow_many()
    app = create_app(settings)
    config = uvicorn.Config(
        app,
        http=connections.Timed,
        ws="none",
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


def back_up(settings: Settings, arguments: argparse.Namespace) -> None:
    made = backups.make(settings, arguments.file)
    size = arguments.file.stat().st_size
    sys.stdout.write(f"{arguments.file}: {len(made.files) - 1} recordings and the database, {size} bytes\n")
    for key in made.absent:
        sys.stdout.write(f"not in it, because its bytes are not there or not the same: {key}\n")


def bring_back(settings: Settings, arguments: argparse.Namespace) -> None:
    if arguments.since is None:
        raise backups.Refused(f"Say --since: {SINCE}")
    known = [] if arguments.since == "nothing" else backups.certificates_of(Path(arguments.since))
    manifest, erased = backups.restore(settings, arguments.file, known)
    sys.stdout.write(
        f"{settings.data_dir} is as it was at {manifest.made_at}; erased again since: {erased} interviews.\n"
        "Every key works as it did then"
        + (f"; a new first key is in {settings.data_dir / 'first-key'}.\n" if settings.first_key is None else ".\n")
    )


def print_certificates(settings: Settings, _arguments: argparse.Namespace) -> None:
    backups.check_embedded(settings)
    for line in backups.listed(settings.data_dir / backups.DATABASE):
        sys.stdout.write(f"{line}\n")


def write_openapi(settings: Settings, path: Path) -> None:
    document = create_app(settings).openapi()
    path.write_text(json.dumps(document, indent=2, sort_keys=True, ensure_ascii=False) + "\n")


COMMANDS = {
    "serve": run,
    "prepare": run,
    "openapi": lambda settings, arguments: write_openapi(settings, arguments.path),
    "backup": back_up,
    "restore": bring_back,
    "certificates": print_certificates,
}


if __name__ == "__main__":
    main()
