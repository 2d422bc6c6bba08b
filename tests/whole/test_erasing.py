"""Erasing reaches everything: a word of its own stands in every column and every file of one interview, and is gone."""

import hashlib
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import JSON, Column, String, Table, select, true, update
from sqlalchemy.types import TypeDecorator
from sqlmodel import SQLModel

from app import contacts, erasures, models, recordings, retention, search
from app.buckets import Bucket
from app.db import now, reading, writing
from app.main import create_app
from tests import databases, s3_server
from tests import scenes as scene
from tests.client import Client
from tests.installation import Installation, installed
from tests.scenes import SENT, SOUND, TALK, kept, make_key, plan
from tests.tus import Sender
from tests.whole.odd_worker import OddEar
from workers import shift

# Which erasures reach the words of a column: a withdrawal, a deletion, the end of the time of a recording, and of a
# transcript. What none reaches proves what was allowed.
REACHED: dict[str, str] = {
    **dict.fromkeys(("interview.title", "interview.interviewee", "interview.role", "interview.employer"), "D"),
    "interview.contact_id": "D",
    **dict.fromkeys(("interview.vocabulary", "interview.hold_reason"), "WD"),
    **dict.fromkeys(("consent.participants", "consent.evidence", "consent_event.reason"), ""),
    **dict.fromkeys(("recording.filename", "recording.facts"), "WDR"),
    "upload.about": "WDRT",
    "heard_chunk.segments": "WDRT",
    "job.options": "WDT",
    **dict.fromkeys(("transcript.options", "transcript.notices", "transcript.speakers"), "WDT"),
    **dict.fromkeys(("segment.text", "segment.words", "segment.doubts"), "WDT"),
    **dict.fromkeys(("insight.quote", "insight.question", "insight.value", "insight.values"), "WDT"),
    **dict.fromkeys(("insight.because", "insight.note"), "WDT"),
    **dict.fromkeys(("contact.heard", "contact.name", "contact.role", "contact.organisation", "contact.note"), "WDT"),
    "planned_question.text": "WD",
    **dict.fromkeys(("planned_question.asked", "planned_question.answer"), "WDT"),
    **dict.fromkeys(("reply.headers", "reply.body"), "WDT"),
}
FILES = {"the recording": "WDR", "an unfinished upload": "WDRT", "a job's scratch": "WDRT"}
# Columns that hold no words of people: ids, hashes, codes, and sentences that we wrote.
OURS: dict[str, str] = {
    "interview": "status language hold_by",
    "consent": "purposes method jurisdiction notice_version notice_sha256 asserted_by",
    "consent_event": "kind by",
    "erasure": "kind consent_id requested_by erased",
    "recording": "key media_type sha256",
    "upload": "asserted_by sha256",
    "upload_part": "key",
    "job": "kind status stage error worker_id",
    "heard_chunk": "plan_sha256",
    "transcript": "job_id language engine model",
    "segment": "speaker",
    "insight": "speaker segment_ids method state",
    "insight_category": "",
    # The words of segments and insights once more: what is planted there stands here too.
    "search_entry": "words",
    "contact": "offered state",
    "planned_question": "",
    "reply": "head_sha256 body_sha256 made_id",
}
CONTACT: Table = models.Contact.__table__  # type: ignore[attr-defined]
# What has no rows before the erasure; and parts of uploads, where recordings are in a folder.
NOT_YET = {"erasure"} if s3_server.ON_S3 else {"erasure", "upload_part"}
# What is no interview's: people's keys and webhooks, which are told ids, and the workers.
NOBODYS = {"owner", "api_key", "webhook", "delivery", "worker", "retention_run"}


def of_interviews() -> list[Table]:
    """Every table of which rows hang on an interview, those first that the others hang on."""
    found = [models.Interview.__table__]  # type: ignore[attr-defined]
    for table in SQLModel.metadata.sorted_tables:
        if table not in found and any(key.column.table in found for key in table.foreign_keys):
            found.append(table)
    return found


def takes_words(column: "Column[Any]") -> bool:
    kind = column.type.impl if isinstance(column.type, TypeDecorator) else column.type
    return isinstance(kind, String | JSON) and not column.primary_key and not column.foreign_keys


def word(place: str) -> str:
    """One that is nowhere else, and no two of which begin alike: an index keeps what words have in common once."""
    return f"{hashlib.sha256(place.encode()).hexdigest()[:20]}quokka"


def planted(column: "Column[Any]") -> Any:
    """The column's word, in the form that the column has."""
    if column is CONTACT.c.heard:
        # What somebody typed themselves stays theirs, so of this card everything was heard.
        names = {name: word(f"contact.{name}") for name in contacts.NAMES}
        return {**names, "quote": word("contact.heard")}
    (model,) = (one for one in SQLModel.__subclasses__() if getattr(one, "__table__", None) is column.table)
    form, canary = str(model.model_fields[column.name].annotation), word(f"{column.table}.{column.name}")
    if "list[dict" in form:
        return [{"text": canary}]
    return [canary] if "list[" in form else {"said": canary} if "dict[" in form else canary


@pytest.fixture
def here(tmp_path: Path) -> Iterator[Installation]:
    """Transcripts are kept for 90 days here; recordings on S3, if they are there, in every version."""
    place = {"recordings_url": s3_server.location(versioned=True)} if s3_server.ON_S3 else {}
    with installed(tmp_path / "data", model="odd", keep_transcripts_days=90, **place) as here:
        yield here


@pytest.fixture
def client(here: Installation) -> Iterator[Client]:
    with Client(create_app(here.settings), key=make_key(here)) as client:
        yield client


def sound(place: str) -> bytes:
    """A true recording with a word between its samples."""
    canary = word(place).encode()
    return SOUND[:100] + canary + SOUND[100 + len(canary) :]


def furnish(here: Installation, client: Client) -> dict[str, Any]:
    """An interview that has been through everything: sent in pieces, heard, brought in, judged, and begun once more."""
    client.post("/v1/webhooks", json={"url": "https://8.8.8.8/", "events": ["job.canceled"]})
    made, sender = plan(client, title="A talk"), Sender(client)
    path = made["links"]["self"]
    client.put(f"{path}/questions", json={"questions": ["What do you love about it?"]})
    given_up, used = (sender.begun(len(SOUND), consent="true", interview_id=made["id"]) for _ in range(2))
    assert sender.append(given_up, 0, sound("an unfinished upload")[:200]).status_code == 204
    assert sender.append(used, 0, sound("the recording")).status_code == 204
    again(here)
    shift.work(shift.lay_out(here.settings, ears=lambda _engine, _model: OddEar()), once=True)
    turns = [{"speaker": speaker, "text": text} for speaker, text in (*TALK, *SENT)]
    assert client.put(f"{path}/transcript", json={"turns": turns}).status_code == 200
    job_id = client.get(path).json()["job"]["id"]
    client.post(f"/v1/jobs/{job_id}/cancel", headers={"Idempotency-Key": "once"})
    leave_traces(here, made["id"], job_id)
    plant(here, made["id"])
    found: dict[str, Any] = client.get(path).json()
    return found


def again(here: Installation) -> None:
    """The store has an older version of every recording, if it keeps versions."""
    store = here.recordings.store
    if isinstance(store, Bucket):
        (key,) = (key for key in kept(here) if recordings.OURS.fullmatch(key))
        staged = here.recordings.stage()
        staged.write_bytes(sound("the recording"))
        store.put(staged, key, leave=False)
        here.recordings.discard(staged)
        assert kept(here).count(key) == 2


def leave_traces(here: Installation, interview_id: str, job_id: str) -> None:
    """What a worker commits that finds insights and contacts, and what one leaves that died while hearing."""
    with writing(here.engine) as session:
        scene.search(session, interview_id)
        session.add(models.HeardChunk(job_id=job_id, index=0, plan_sha256="p", start_ms=0, end_ms=1, segments=[]))
    scratch = here.settings.work_dir / job_id
    scratch.mkdir(parents=True)
    (scratch / "pcm").write_bytes(sound("a job's scratch"))


def plant(here: Installation, interview_id: str) -> None:
    """Puts its word into every column that takes words, in every row of the interview; and into the index."""
    with writing(here.engine) as session:
        for table in of_interviews():
            own = table.c.interview_id == interview_id if "interview_id" in table.c else true()
            is_filled = session.execute(select(table).where(own)).first() is not None
            assert is_filled or table.name in NOT_YET, f"the scene leaves {table.name} empty"
            names = [column.name for column in table.c if f"{table}.{column.name}" in REACHED]
            if names:
                session.execute(update(table).where(own).values({name: planted(table.c[name]) for name in names}))
    with writing(here.engine) as session:
        search.follow_words(session, interview_id)
        search.follow_insights(session, interview_id)


def there(here: Installation) -> set[str]:
    """The places whose words are still somewhere: in the database, in a file or its name, or in the bucket."""
    files = [path for path in here.settings.data_dir.rglob("*") if path.is_file()]
    found = databases.content(here.settings.sqlalchemy_url) + b"".join(path.read_bytes() for path in files)
    found += "\n".join(map(str, files)).encode()
    if isinstance(here.recordings.store, Bucket):
        keys = "".join(map(str, bucket(here.recordings.store)))
        # What is left is told by its name: an old version's bytes no reading of ours reaches.
        found += sound("the recording") if "/rec_" in keys else b""
        found += sound("an unfinished upload") if "/upl_" in keys else b""
    return {place for place in REACHED | FILES if word(place)[8:].encode() in found}


def bucket(store: Bucket) -> list[object]:
    """All versions, marks of deletion and unfinished uploads."""
    return [found for page in store.listed("") for found in page] + list(store._uploads(""))


def erase(here: Installation, client: Client, made: dict[str, Any], how: str) -> None:
    if how == "W":
        assert client.post(f"/v1/consents/{made['consent']['id']}/withdraw", json={}).status_code == 202
    elif how == "D":
        assert client.delete(made["links"]["self"]).status_code == 204
    else:
        if how == "R":
            with writing(here.engine) as session:
                session.get_one(models.Interview, made["id"]).keep_recording_days = 30
        at = now() + timedelta(days=31 if how == "R" else 91)
        with reading(here.engine) as session:
            (part,) = retention.due(session, here.settings, at=at)
        with writing(here.engine) as session:
            begun = retention.begin(session, here.settings, part, at=at)
        assert begun is not None
        assert erasures.finish(here.engine, here.queue, here.recordings, here.settings.work_dir, begun.id)


def test_of_every_column_it_is_known_whether_it_holds_words() -> None:
    tables = of_interviews()
    known = {*REACHED, *(f"{table}.{name}" for table, names in OURS.items() for name in names.split())}
    assert {f"{table}.{column.name}" for table in tables for column in table.c if takes_words(column)} == known
    assert {table.name for table in tables} == OURS.keys()
    assert {table.name for table in SQLModel.metadata.sorted_tables if table not in tables} == NOBODYS


@pytest.mark.parametrize("how", ["W", "D", "R", "T"])
def test_an_erasure_reaches_every_column_and_every_file(here: Installation, client: Client, how: str) -> None:
    made = furnish(here, client)
    assert there(here) == {*REACHED, *FILES}
    assert len(client.get("/v1/search", params={"q": word("segment.text")}).json()["items"]) >= 1
    assert here.workflows() != []
    erase(here, client, made, how)
    assert there(here) == {place for place, reached in (REACHED | FILES).items() if how not in reached}
    assert here.workflows() == []
    with reading(here.engine) as session:
        assert session.execute(select(models.Erasure.completed_at)).scalar_one() is not None  # type: ignore[call-overload]
