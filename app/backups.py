"""One file with everything: made while the service runs, and brought back into an empty data folder.

A tar file: the database as it was at one moment, the recordings that it knows, a manifest with the SHA-256 of each, and
a seal over the manifest, which comes last: a file without it was not finished.
"""

import hashlib
import json
import os
import shutil
import sqlite3
import tarfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from io import BytesIO
from pathlib import Path
from typing import IO, Any

from alembic.util import CommandError
from pydantic import BaseModel, ConfigDict, ValidationError

from app import keys, migrations
from app.db import now, open_engine, writing
from app.jobs import Queue
from app.recordings import OURS
from app.reerasures import Certificate, erase_again
from app.settings import Settings
from app.stores import sync_folder

DATABASE, RECORDINGS, FIRST_KEY = "candid.db", "recordings", "first-key"
MANIFEST, SEAL = "manifest.json", "manifest.sha256"
RESTORING = ".restoring"
FORMAT = 1
BLOCK = 1024 * 1024


class Refused(Exception):
    """Nothing was done; the message says why, for the person at the terminal."""


class File(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    size_bytes: int
    sha256: str


class Manifest(BaseModel):
    """What is in a backup. `absent` are keys of recordings whose bytes were not there, or not whole, to be copied."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    format: int
    made_at: str
    files: tuple[File, ...]
    absent: tuple[str, ...]


def check_embedded(settings: Settings) -> None:
    """Raises Refused unless everything is in the data folder: elsewhere, other tools know better."""
    embedded = Settings(data_dir=settings.data_dir, database_url="", recordings_url="")
    if (settings.sqlalchemy_url, settings.recordings_location) != (
        embedded.sqlalchemy_url,
        embedded.recordings_location,
    ):
        raise Refused(
            "This backs up the embedded default, where everything is in the data folder. CANDID_DATABASE_URL or "
            "CANDID_RECORDINGS_URL is set: back up the database first (pg_dump), and then the bucket or folder."
        )


def make(settings: Settings, file: Path) -> Manifest:
    """Writes a backup to `file`, which is there afterwards only if it is whole. Raises Refused."""
    check_embedded(settings)
    if file.exists():
        raise Refused(f"{file} is there already. A backup is never overwritten.")
    if not (settings.data_dir / DATABASE).exists():
        raise Refused(f"There is no {DATABASE} in {settings.data_dir}: nothing to back up.")
    part, snapshot = file.with_name(f"{file.name}.part"), file.with_name(f"{file.name}.db")
    with _alone(part) as out:
        try:
            _copy_database(settings.data_dir / DATABASE, snapshot)
            manifest = _pack(out, snapshot, settings.data_dir / RECORDINGS)
        finally:
            snapshot.unlink(missing_ok=True)
        part.replace(file)
        sync_folder(file.absolute().parent)
    return manifest


@contextmanager
def _alone(part: Path) -> Iterator[IO[bytes]]:
    """The unfinished file, for this process only; what a killed one left in it is gone. Readable by you alone."""
    handle = os.open(part, os.O_CREAT | os.O_RDWR, 0o600)
    with os.fdopen(handle, "wb") as out:
        _lock(out)
        out.truncate()
        yield out


def _lock(part: IO[bytes]) -> None:
    # Windows has no flock: there, mind that no two write to one file.
    try:
        import fcntl  # noqa: PLC0415  absent on Windows
    except ImportError:
        return
    try:
        fcntl.flock(part, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise Refused(f"Another backup is being written to {part.name}.") from None


def _copy_database(source: Path, into: Path) -> None:
    into.unlink(missing_ok=True)
    into.touch(mode=0o600)
    # In one step, as one reader of the write-ahead log: writers go on, and what is copied is one moment.
    with closing(sqlite3.connect(source)) as live, closing(sqlite3.connect(into)) as copy:
        live.backup(copy)
        copy.execute("PRAGMA journal_mode=DELETE")


def _pack(out: IO[bytes], snapshot: Path, recordings: Path) -> Manifest:
    files, absent = [], []
    with tarfile.open(fileobj=out, mode="w") as tar:
        files.append(_add(tar, DATABASE, snapshot))
        for key, size_bytes, sha256 in _recordings_in(snapshot):
            # The bytes are kept before their row and never change, so those of every row are there, unless they were
            # erased since: then they are in no backup, as it should be.
            found = _add_if_whole(tar, key, recordings / key, size_bytes)
            if found is not None:
                files.append(found)
            if found is None or found.sha256 != sha256:
                absent.append(key)
        manifest = Manifest(format=FORMAT, made_at=now().isoformat(), files=tuple(files), absent=tuple(absent))
        content = manifest.model_dump_json(indent=1).encode()
        _add_bytes(tar, MANIFEST, content)
        _add_bytes(tar, SEAL, hashlib.sha256(content).hexdigest().encode())
    out.flush()
    os.fsync(out.fileno())
    return manifest


def _recordings_in(database: Path) -> list[tuple[str, int, str]]:
    with closing(sqlite3.connect(database)) as copy:
        return copy.execute("SELECT key, size_bytes, sha256 FROM recording ORDER BY key").fetchall()


class _Hashed:
    """A file that is hashed as it is read."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file, self.digest = file, hashlib.sha256()

    def read(self, size: int = -1) -> bytes:
        block = self._file.read(size)
        self.digest.update(block)
        return block


def _add(tar: tarfile.TarFile, name: str, path: Path) -> File:
    with path.open("rb") as file:
        about, hashed = tarfile.TarInfo(name), _Hashed(file)
        about.size, about.mode = os.fstat(file.fileno()).st_size, 0o600
        tar.addfile(about, hashed)
        return File(name=name, size_bytes=about.size, sha256=hashed.digest.hexdigest())


def _add_if_whole(tar: tarfile.TarFile, key: str, path: Path, size_bytes: int) -> File | None:
    try:
        return _add(tar, f"{RECORDINGS}/{key}", path) if path.stat().st_size == size_bytes else None
    except FileNotFoundError:
        return None


def _add_bytes(tar: tarfile.TarFile, name: str, content: bytes) -> None:
    about = tarfile.TarInfo(name)
    about.size, about.mode = len(content), 0o600
    tar.addfile(about, BytesIO(content))


def restore(settings: Settings, file: Path, certificates: list[Certificate]) -> tuple[Manifest, int]:
    """Brings a backup back, less what the certificates say was erased since; returns how many interviews that were.

    The data folder holds all of it or, whatever happens on the way, nothing that a service would start on. Raises
    Refused.
    """
    check_embedded(settings)
    _check_empty(settings.data_dir)
    inside = settings.data_dir / RESTORING
    for left in (inside, settings.data_dir / RECORDINGS):
        shutil.rmtree(left, ignore_errors=True)
    inside.mkdir(parents=True)
    try:
        manifest = _unpack(file, inside)
        erased = _settle(settings, inside, certificates)
    except Refused:
        shutil.rmtree(inside)
        raise
    _move_in(inside, settings.data_dir)
    return manifest, erased


def _check_empty(data_dir: Path) -> None:
    found = {path.name for path in data_dir.iterdir()} if data_dir.exists() else set()
    # What an earlier restore left that did not finish. Its database goes in last.
    if RESTORING in found and DATABASE not in found:
        found -= {RESTORING, RECORDINGS, FIRST_KEY}
    if found:
        raise Refused(
            f"{data_dir} is not empty. Move it away, or set CANDID_DATA_DIR to another folder; the old one may tell "
            "what was erased since (--since)."
        )


def check_not_half(settings: Settings) -> None:
    """Ends the process where a restore did not finish: a service would begin an empty database beside it."""
    if (settings.data_dir / RESTORING).exists() and not (settings.data_dir / DATABASE).exists():
        raise SystemExit(f"A restore into {settings.data_dir} did not finish. Run it again.")


def _unpack(file: Path, into: Path) -> Manifest:
    found: dict[str, File] = {}
    try:
        with tarfile.open(file, "r|") as tar:
            for member in tar:
                found[member.name] = _take(tar, member, into)
        manifest = _manifest(into)
    except (tarfile.TarError, OSError, ValidationError) as error:
        raise Refused(f"{file} cannot be read to its end, or is no backup ({type(error).__name__}).") from error
    if {entry.name: entry for entry in manifest.files} != {
        name: entry for name, entry in found.items() if name not in {MANIFEST, SEAL}
    }:
        raise Refused(f"{file} is damaged: what is in it is not what was put in.")
    return manifest


def _take(tar: tarfile.TarFile, member: tarfile.TarInfo, into: Path) -> File:
    """Writes one member below `into`, by names of our own form only."""
    key = member.name.removeprefix(f"{RECORDINGS}/")
    known = member.name in {DATABASE, MANIFEST, SEAL} or (key != member.name and OURS.fullmatch(key))
    source = tar.extractfile(member) if member.isreg() and known else None
    if source is None:
        raise tarfile.ReadError("a member that no backup has")
    path = into / member.name
    path.parent.mkdir(parents=True, exist_ok=True)
    hashed = _Hashed(source)
    with path.open("xb") as out:
        path.chmod(0o600)
        shutil.copyfileobj(hashed, out, BLOCK)
        out.flush()
        os.fsync(out.fileno())
    return File(name=member.name, size_bytes=member.size, sha256=hashed.digest.hexdigest())


def _manifest(folder: Path) -> Manifest:
    content = (folder / MANIFEST).read_bytes()
    if (folder / SEAL).read_text() != hashlib.sha256(content).hexdigest():
        raise tarfile.ReadError("the seal does not fit")
    manifest = Manifest.model_validate_json(content)
    if manifest.format != FORMAT:
        raise Refused("This backup was made by a newer version of Candid.")
    for name in (MANIFEST, SEAL):
        (folder / name).unlink()
    return manifest


def _settle(settings: Settings, inside: Path, certificates: list[Certificate]) -> int:
    """Brings the database that was unpacked up to date: version, erasures, a key to get in with."""
    there = settings.model_copy(update={"data_dir": inside})
    _check_whole(inside / DATABASE)
    try:
        migrations.upgrade(there)
    except CommandError as error:
        raise Refused("This backup was made by a newer version of Candid.") from error
    queue = Queue(there.sqlalchemy_url)
    queue.prepare()
    queue.close()
    erased = erase_again(there, certificates)
    engine = open_engine(there.sqlalchemy_url)
    with writing(engine) as session:
        keys.renew_first(session, there)
    engine.dispose()
    with closing(sqlite3.connect(inside / DATABASE)) as database:
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return erased


def _check_whole(database: Path) -> None:
    with closing(sqlite3.connect(database)) as connection:
        faults: list[Any] = connection.execute("PRAGMA integrity_check").fetchall()
        faults += connection.execute("PRAGMA foreign_key_check").fetchall()
    if faults != [("ok",)]:
        raise Refused("The database in this backup is damaged.")


def _move_in(inside: Path, data_dir: Path) -> None:
    """The database goes last: it is what makes the folder an installation."""
    for folder in (*(path for path in inside.rglob("*") if path.is_dir()), inside):
        sync_folder(folder)
    for name in (RECORDINGS, FIRST_KEY, DATABASE):
        if (inside / name).exists():
            (inside / name).rename(data_dir / name)
            sync_folder(data_dir)
    shutil.rmtree(inside)


def certificates_of(source: Path) -> list[Certificate]:
    """From an old data folder, or from a list that `python -m app certificates` wrote. Raises Refused."""
    try:
        if source.is_dir():
            return [Certificate.model_validate_json(line) for line in listed(source / DATABASE)]
        return [Certificate.model_validate_json(line) for line in source.read_text().splitlines() if line.strip()]
    except (OSError, sqlite3.Error, ValidationError) as error:
        raise Refused(f"{source} is neither a data folder nor a list of certificates.") from error


def listed(database: Path) -> list[str]:
    """The certificates of all erasures that were asked for, oldest first, a JSON object each. They hold no words."""
    query = """
        SELECT erasure.id, erasure.owner_id, interview_id, consent_id, requested_by, requested_at,
               deleted_at IS NOT NULL, kind
        FROM erasure JOIN interview ON interview.id = interview_id ORDER BY requested_at
    """
    names = (*("id", "owner_id", "interview_id", "consent_id", "requested_by", "requested_at"), "is_deleted", "kind")
    # A file that is only read is opened so: an old folder may be on a disk that must not be written to.
    with closing(sqlite3.connect(f"{database.absolute().as_uri()}?mode=ro", uri=True)) as connection:
        return [json.dumps(dict(zip(names, row, strict=True))) for row in connection.execute(query)]
