"""Folders that are made once and then only read: whole or not there, however many processes start or are killed."""

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import structlog

from app import file_locks

log = structlog.get_logger()


def make_once(folder: Path, fill: Callable[[Path], None], *, keep_unfinished: bool = False) -> None:
    """`folder` as `fill` makes it. What an interrupted download has brought may be kept, for the next try to go on."""
    if folder.is_dir():
        return
    folder.parent.mkdir(parents=True, exist_ok=True)
    unfinished = folder.with_name(f".{folder.name}.unfinished")
    with _locked(folder.with_name(f".{folder.name}.lock")):
        if folder.is_dir():
            return
        if not keep_unfinished:
            shutil.rmtree(unfinished, ignore_errors=True)
        unfinished.mkdir(exist_ok=True)
        fill(unfinished)
        for path in [*unfinished.iterdir(), unfinished]:
            _flush(path)
        unfinished.rename(folder)
        _flush(folder.parent)
        log.info("weights ready", model=folder.name)


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    # The kernel lets go of it when its holder dies, so no lock is ever left behind.
    with path.open("w") as file:
        file_locks.take(file, wait=True)
        yield


def _flush(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
