"""What has come of unfinished uploads, kept in the bucket of recordings: any API process goes on from there.

The database says which objects count (`UploadPart`). What is put there and is not counted afterwards is erased, at once
if that is certain, otherwise by the sweep.
"""

import re
from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime
from typing import IO
from uuid import uuid4

from sqlalchemy import Engine
from sqlmodel import col, delete, select

from app import ids, models, spools
from app.buckets import MIB, Bucket
from app.db import WriteSession, reading
from app.errors import RecordingLost, RecordingsUnavailable
from app.recordings import Recordings, erase_orphans

# What is held in memory while it is sent.
PART_BYTES = 8 * MIB
OURS = re.compile(rf"{ids.Kind.OWNER}_[0-9a-f]{{32}}/{ids.Kind.UPLOAD}_[0-9a-f]{{32}}/\d+-[0-9a-f]{{32}}")


def folder(owner_id: str, upload_id: str) -> str:
    return f"{owner_id}/{upload_id}"


def put(bucket: Bucket, upload: models.Upload, file: IO[bytes], end: int) -> list[models.UploadPart]:
    """Sends what lies behind the upload's offset, up to `end`; returns the rows that will make it count.

    Raises RecordingsUnavailable.
    """
    made: list[models.UploadPart] = []
    for start in range(upload.offset_bytes, end, PART_BYTES):
        stop = min(start + PART_BYTES, end)
        # Never a name twice: somebody who was taken for gone may still be sending the same bytes, or others.
        key = f"{folder(upload.owner_id, upload.id)}/{start}-{uuid4().hex}"
        file.seek(start)
        bucket.put_block(key, file.read(stop - start))
        made.append(models.UploadPart(upload_id=upload.id, start_bytes=start, end_bytes=stop, key=key))
    return made


def take_back(bucket: Bucket, made: Sequence[models.UploadPart]) -> None:
    """Erases parts that certainly do not count."""
    with suppress(RecordingsUnavailable):
        for part in made:
            bucket.erase(part.key)


def fetch(engine: Engine, store: Recordings, upload_id: str, file: IO[bytes], end: int) -> None:
    """Writes the upload's bytes up to an offset that it once had. Raises RecordingLost, RecordingsUnavailable."""
    query = select(models.UploadPart).where(models.UploadPart.upload_id == upload_id)
    with reading(engine) as session:
        parts = session.exec(
            query.where(models.UploadPart.start_bytes < end).order_by(col(models.UploadPart.start_bytes))
        ).all()
    file.seek(0)
    for part in parts:
        for block in store.read(part.key):
            spools.write_all(file, block)
    if file.tell() != end:
        raise RecordingLost("Bytes of this upload are not where they were kept.")


def forget(session: WriteSession, upload_id: str) -> None:
    session.exec(delete(models.UploadPart).where(col(models.UploadPart.upload_id) == upload_id))


def erase(store: Recordings, owner_id: str, upload_id: str) -> None:
    """Removes the upload's objects, those too that never counted. Raises RecordingsUnavailable."""
    if store.bucket is not None:
        store.bucket.erase_below(folder(owner_id, upload_id))


def sweep(engine: Engine, store: Recordings, *, before: datetime) -> int:
    """Erases objects that are older and that no row points to; returns how many. Raises RecordingsUnavailable."""
    if store.bucket is None:
        return 0
    with reading(engine) as session:
        owner_ids = session.exec(select(models.Owner.id)).all()
    return sum(
        erase_orphans(engine, store, owner_id, OURS, col(models.UploadPart.key), before=before)
        for owner_id in owner_ids
    )
