"""Scenes that many tests begin with: somebody with a key, a recording sent, an interview whose words are known."""

import io
import wave
from collections.abc import AsyncIterator, Iterator, Mapping, MutableMapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from app import claims, insights, keys, models, planned_questions, proposals, transcripts
from app.buckets import Bucket
from app.claims import Claim
from app.db import WriteSession, writing
from app.keys import Scope
from app.stores import Folder
from app.transcripts.values import Segment, Speaker, Transcript, Word
from tests import databases
from tests.client import Client
from tests.installation import Installation

WORD_MS = 250


def make_key(
    here: Installation, *scopes: Scope, owner_id: str | None = None, expires_at: datetime | None = None
) -> str:
    """A key of the installation's owner, or of another; without `scopes` it has all."""
    token = keys.new_token()
    with writing(here.engine) as session:
        session.add(
            models.ApiKey(
                id=token.key_id,
                owner_id=owner_id or here.owner_id,
                name="a key",
                secret_sha256=token.secret_sha256,
                scopes=[scope.value for scope in scopes or Scope],
                expires_at=expires_at,
            )
        )
    return str(token)


def wav(*, seconds: float = 0.05, rate: int = 8000) -> bytes:
    """A true recording of silence."""
    made = io.BytesIO()
    with wave.open(made, "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(rate)
        out.writeframes(bytes(2 * int(seconds * rate)))
    return made.getvalue()


SOUND = wav()


def plan(client: Client, **known: Any) -> dict[str, Any]:
    answer = client.post("/v1/interviews", json=known)
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


def upload(client: Client, sound: bytes = SOUND, *, filename: str = "memo.wav", **fields: str) -> dict[str, Any]:
    """The interview that a form with its recording makes, also of a recording that another one has."""
    form = {"consent": "true", "on_duplicate": "new", **fields}
    answer = client.post("/v1/interviews", data=form, files={"file": (filename, sound, "audio/wav")})
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


def spoken(*turns: tuple[str, str], **facts: Any) -> Transcript:
    """A transcript of (speaker, text) turns, one segment each, words of 250 ms one after the other."""
    segments, at = [], 0
    for number, (speaker, text) in enumerate(turns, start=1):
        words = []
        for word in text.split():
            words.append(Word(start_ms=at, end_ms=at + WORD_MS, text=word, probability=0.9))
            at += WORD_MS
        start = words[0].start_ms if words else at
        segments.append(Segment(id=number, start_ms=start, end_ms=at, speaker=speaker, text=text, words=tuple(words)))
    names = dict.fromkeys(speaker for speaker, _text in turns)
    head: dict[str, Any] = {"language": "en", "duration_ms": at, "engine": "faster-whisper", "model": "base"}
    return Transcript(**(head | facts), speakers=tuple(Speaker(id=name) for name in names), segments=tuple(segments))


PAY = "I make about fifty-two thousand dollars a year."
TALK = (
    ("S1", "How much does an archivist of lighthouses make?"),
    ("S2", PAY),
    ("S1", "And what does a typical day look like?"),
    ("S2", "On a typical day I start at eight by cataloguing old lamps, then I answer letters until noon."),
    ("S1", "What do you love about it?"),
    ("S2", "What I love most about my job is the quiet by the sea."),
)
REFERRAL = "You should talk to Priya Raman, our head of design, I can introduce you to her."
SENT = (("S1", "Is there anybody else I should talk to?"), ("S2", REFERRAL))


def work_through(here: Installation, job_id: str, transcript: Transcript) -> None:
    """What a worker commits for a transcription once it has heard everything."""
    claim = Claim(job_id, here.job(job_id).attempt, "worker-of-the-test")
    with writing(here.engine) as session:
        assert claims.begin(session, claim, is_ours=lambda: True)
    with writing(here.engine) as session:
        job, _interview = claims.held(session, claim)
        transcripts.keep(session, job=job, transcript=transcript)
        search(session, job.interview_id)
        assert claims.succeed(session, claim)


def search(session: WriteSession, interview_id: str) -> int:
    """What a worker commits for an extraction by the rules; returns how many contacts are new."""
    found = insights.find_in(*transcripts.current(session, interview_id))
    texts = [question.text for question in planned_questions.of(session, interview_id)]
    checked = planned_questions.check(found.version, found.turns, texts)
    planned_questions.keep(session, interview_id=interview_id, checked=checked)
    insights.keep(session, interview_id=interview_id, found=found)
    return proposals.propose(session, interview_id=interview_id, found=found)


def heard(here: Installation, client: Client, turns: Sequence[tuple[str, str]] = TALK, **fields: Any) -> dict[str, Any]:
    """An interview that was uploaded, transcribed and searched for insights, as the API shows it now."""
    made = upload(client, **fields)
    work_through(here, made["job"]["id"], spoken(*turns))
    found: dict[str, Any] = client.get(made["links"]["self"]).json()
    return found


def hear_again(
    here: Installation, client: Client, made: dict[str, Any], turns: Sequence[tuple[str, str]] = TALK
) -> None:
    """The recording of an interview is transcribed once more, and this is what is heard."""
    job = client.post(f"{made['links']['self']}/transcriptions", json={}).json()
    work_through(here, job["id"], spoken(*turns))


def listed(client: Client, made: dict[str, Any], **filters: Any) -> list[dict[str, Any]]:
    """The insights of an interview."""
    answer = client.get(f"{made['links']['self']}/insights", params={"limit": 100, **filters})
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["items"]
    return found


def review(client: Client, insight: dict[str, Any], **change: Any) -> Any:
    return client.patch(f"/v1/insights/{insight['id']}", json=change)


def said(here: Installation, interview_id: str, quote: str, *categories: str, **facts: Any) -> str:
    """The id of an insight of the interview."""
    usual: dict[str, Any] = {"transcript_version": 1, "speaker": "S2", "start_ms": 1000, "end_ms": 2000}
    usual |= {"segment_ids": [1], "confidence": 0.6, "method": "rule"}
    with writing(here.engine) as session:
        insight = models.Insight(owner_id=here.owner_id, interview_id=interview_id, quote=quote, **(usual | facts))
        session.add(insight)
        session.flush()
        for rank, category in enumerate(categories or ("compensation",)):
            session.add(models.InsightCategory(insight_id=insight.id, category=category, rank=rank))
    return insight.id


def bytes_of_database(here: Installation) -> bytes:
    """All that its database keeps, of ours and of the job engine's."""
    return databases.content(here.settings.sqlalchemy_url)


def staged(here: Installation) -> list[Path]:
    return list(here.recordings.staging.rglob("*"))


def kept(here: Installation) -> list[str]:
    """The keys of all recordings in the store; on S3 of every version of each."""
    store = here.recordings.store
    if isinstance(store, Bucket):
        return [found.key for page in store.listed("") for found in page]
    assert isinstance(store, Folder)
    files = [path for path in store.path.rglob("*") if path.is_file() and here.recordings.staging not in path.parents]
    return [path.relative_to(store.path).as_posix() for path in files]


@dataclass
class Caller:
    """A client at the ASGI border: it hands over one message at a time and counts what was taken."""

    messages: Iterator[MutableMapping[str, Any]]
    taken_bytes: int = 0
    status: int = 0
    body: bytes = b""
    headers: dict[bytes, bytes] = field(default_factory=dict)

    async def receive(self) -> MutableMapping[str, Any]:
        message = next(self.messages, {"type": "http.disconnect"})
        self.taken_bytes += len(message.get("body", b""))
        return message

    async def send(self, message: Mapping[str, Any]) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            self.headers = dict(message["headers"])
        self.body += message.get("body", b"")


def chunks_of(body: bytes, size: int) -> Iterator[MutableMapping[str, Any]]:
    """The body of a request as a server hands it on, `size` bytes at a time."""
    for start in range(0, len(body), size):
        yield {"type": "http.request", "body": body[start : start + size], "more_body": True}
    yield {"type": "http.request", "body": b"", "more_body": False}


def scope_of(path: str, headers: Mapping[str, str], *, method: str = "POST", query: str = "") -> dict[str, Any]:
    return {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": method,
        "scheme": "http",
        "path": path,
        "raw_path": path.encode(),
        "query_string": query.encode(),
        "headers": [
            (name.lower().encode(), value.encode()) for name, value in {"host": "localhost", **headers}.items()
        ],
        "client": ("127.0.0.1", 1),
        "server": ("localhost", 80),
        "state": {},
    }


async def streamed(blocks: Sequence[bytes]) -> AsyncIterator[bytes]:
    for block in blocks:
        yield block
