"""`python -m workers [--once]`: the worker process. `python -m workers extract TURNS.json`: insights, no server.

`python -m workers prepare` makes the insight classifier ready to load, once per installation.
"""

import argparse
import logging
import signal
import sys
from pathlib import Path

from app import logs
from app.errors import CandidError
from app.extraction import cli
from app.settings import Settings, load


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m workers", description=__doc__)
    parser.add_argument("--once", action="store_true", help="work until nothing is left to do, then exit")
    commands = parser.add_subparsers(dest="command")
    extract = commands.add_parser("extract", help="print the insights in a file of turns, as JSON")
    extract.add_argument("turns", type=Path, metavar="TURNS.json")
    commands.add_parser("prepare", help="make the insight classifier ready to load")
    arguments = parser.parse_args()
    settings = load()
    logs.set_up(settings)
    if arguments.command == "extract":
        sys.exit(print_insights(arguments.turns, settings))
    if arguments.command == "prepare":
        sys.exit(prepare())
    run(settings, once=arguments.once)


def prepare() -> int:
    from workers.classifier import prepared  # noqa: PLC0415  as in `run`

    try:
        sys.stdout.write(f"{prepared.install()}\n")
    except CandidError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


def print_insights(turns: Path, settings: Settings) -> int:
    from workers import judges  # noqa: PLC0415  as in `run`

    try:
        sys.stdout.write(cli.printed(turns, judge=judges.best(settings.models_dir)) + "\n")
    except (CandidError, OSError) as error:
        sys.stderr.write(f"{turns}: {error}\n")
        return 1
    return 0


def run(settings: Settings, *, once: bool) -> None:
    # Imported here: no command pays for the heavy libraries of another.
    from workers import shift  # noqa: PLC0415  see above

    bench = shift.lay_out(settings)
    for wish in (signal.SIGTERM, signal.SIGINT):
        signal.signal(wish, lambda _number, _frame: bench.stopping.ask())
    shift.work(bench, once=once)
    logging.shutdown()
    shift.leave()


if __name__ == "__main__":
    main()
