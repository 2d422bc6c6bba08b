"""Made-up interviews with all that hangs on them, written in bulk: one in ten is a neighbour's."""

from collections.abc import Iterator
from typing import Any

from sqlalchemy import Engine, insert, text
from sqlmodel import SQLModel, select

from app import ids, models
from app.db import now, open_engine, reading, writing
from app.search.index import indexed

SEGMENTS, INSIGHTS, BATCH = 8, 4, 1000
ROLES = ("archivist", "nurse", "data analyst", "carpenter", "product designer", "teacher", "baker", "surveyor")
EMPLOYERS = ("Northlight", "Harbour Trust", "Maple Works", "Ostrava Press", "Bluebell Clinic", "Quarry & Sons")
CATEGORIES = ("compensation", "typical_day", "enjoys", "dislikes", "advice", "skills", "career_path", "culture")
SAID = (
    "I start at eight by sorting what came in over night",
    "the pay is about fifty thousand dollars a year and that is fine",
    "what I love most about it is the quiet in the morning",
    "what I hate are the long meetings on Mondays",
    "you should learn to write well before anything else",
    "we are a small team and everybody helps everybody",
    "the first year was hard because nobody told me how things are done",
    "I came here from another trade after ten years",
)
# Every so many-th interview has these.
RARELY, RARE_WORD, RARE_STATUS, RARE_EMPLOYER = 1000, "zeppelin", "failed", "Albatross Yards"
NEIGHBOURLY = 10
# So many are made one by one. Their ids begin so, and those of their copies with what comes after.
BASE, FIRST_AGE = 1000, "0001"
LATER = "substr({0}, 1, 4) || :copy || substr({0}, 9)"
NUMBERED = ("consent_event", "search_entry")
COPIED = {
    **{name: LATER.format(name) for name in ("id", "interview_id", "consent_id", "transcript_id", "insight_id", "key")},
    "title": "title || ' ' || :copy",
    "contact_id": "contact_id || '-' || :copy",
    "search_entry.words": f"replace(words, interview_id, {LATER.format('interview_id')})",
}
# What refers to another comes after it; and the id by which a row is known as one of the first.
TABLES = {
    "interview": ("id", ids.Kind.INTERVIEW),
    "consent": ("id", ids.Kind.CONSENT),
    "consent_event": ("consent_id", ids.Kind.CONSENT),
    "recording": ("id", ids.Kind.RECORDING),
    "job": ("id", ids.Kind.JOB),
    "transcript": ("id", ids.Kind.TRANSCRIPT),
    "segment": ("transcript_id", ids.Kind.TRANSCRIPT),
    "insight": ("id", ids.Kind.INSIGHT),
    "insight_category": ("insight_id", ids.Kind.INSIGHT),
    "search_entry": ("interview_id", ids.Kind.INTERVIEW),
}

Row = tuple[str, dict[str, Any]]


def fill(url: str, size: int) -> None:
    """Adds what is missing to `size` interviews, and has the database count anew. Above BASE, a multiple of it."""
    engine = open_engine(url)
    owner_ids, there = _owners(engine), _count(engine)
    for start in range(there, min(size, BASE), BATCH):
        rows = [row for number in range(start, min(start + BATCH, size)) for row in interview(number, owner_ids)]
        with writing(engine) as session:
            for name in TABLES:
                table = SQLModel.metadata.tables[name]
                session.connection().execute(insert(table), [row for of, row in rows if of == name])
    for copy in range(max(1, there // BASE), size // BASE):
        with writing(engine) as session:
            for name in TABLES:
                session.execute(text(_copied(name)), {"copy": f"{int(FIRST_AGE, 16) + copy:04x}"})
    with engine.execution_options(isolation_level="AUTOCOMMIT").connect() as connection:
        connection.exec_driver_sql("analyze")
    engine.dispose()


def _copied(name: str) -> str:
    """Copies the first BASE interviews' rows of a table in the database itself, which is fifty times faster.

    Of an id, the first digits say when it was made: with later ones it is another id, and a later one.
    """
    table, (of, kind) = SQLModel.metadata.tables[name], TABLES[name]
    columns = [one.name for one in table.columns if one.name != "id" or name not in NUMBERED]
    values = [COPIED.get(f"{name}.{one}") or COPIED.get(one, f'"{one}"') for one in columns]
    names = ", ".join(f'"{one}"' for one in columns)
    first = f"{of} >= '{kind}_{FIRST_AGE}' and {of} < '{kind}_{FIRST_AGE}z' order by {table.primary_key.columns[0]}"
    return f"insert into {name} ({names}) select {', '.join(values)} from {name} where {first}"  # noqa: S608


def _owners(engine: Engine) -> list[str]:
    """The caller and a neighbour."""
    with writing(engine) as session:
        found = list(session.exec(select(models.Owner.id).order_by(models.Owner.id)))
        if len(found) == 1:
            neighbour = models.Owner(name="a neighbour")
            session.add(neighbour)
            found.append(neighbour.id)
    return found


def _count(engine: Engine) -> int:
    with reading(engine) as session:
        return len(session.exec(select(models.Interview.id)).all())


def _id(kind: ids.Kind) -> str:
    made = ids.new(kind)
    return made[:4] + FIRST_AGE + made[8:]


def interview(number: int, owner_ids: list[str]) -> Iterator[Row]:
    is_rare = number % RARELY == 0
    about = {
        "id": _id(ids.Kind.INTERVIEW),
        "owner_id": owner_ids[number % NEIGHBOURLY == 1],
        "title": f"{ROLES[number % 8].title()} number {number * 7919 % 100_003}",
        "interviewee": f"Person {number}",
        "role": ROLES[number % 8],
        "employer": RARE_EMPLOYER if is_rare else EMPLOYERS[number % 6],
        "contact_id": f"person-{number}",
        "status": RARE_STATUS if is_rare else "ready",
        "transcript_version": 1,
    }
    made = models.Interview(**about)
    yield "interview", made.model_dump()
    yield from _about(made)
    yield from _words(made, number, is_rare=is_rare)


def _about(made: models.Interview) -> Iterator[Row]:
    of, consent_id = {"interview_id": made.id}, _id(ids.Kind.CONSENT)
    ours = of | {"owner_id": made.owner_id}
    yield "consent", CONSENT | ours | {"id": consent_id}
    yield "consent_event", {"consent_id": consent_id, "seq": 1, "kind": "given", "by": "key", "at": now()}
    recording_id = _id(ids.Kind.RECORDING)
    yield "recording", RECORDING | of | {"id": recording_id, "key": f"{recording_id}/recording"}
    yield "job", JOB | ours | {"id": _id(ids.Kind.JOB)}


def _words(made: models.Interview, number: int, *, is_rare: bool) -> Iterator[Row]:
    transcript_id = _id(ids.Kind.TRANSCRIPT)
    yield "transcript", TRANSCRIPT | {"id": transcript_id, "interview_id": made.id}
    for place in range(1, SEGMENTS + 1):
        text = SAID[(number + place) % 8] + (f" in a {RARE_WORD}" if is_rare and place == 1 else "")
        times = {"start_ms": place * 5000, "end_ms": place * 5000 + 4000}
        yield "segment", SEGMENT | times | {"transcript_id": transcript_id, "number": place, "text": text}
        yield "search_entry", _entry(made, "segment", text, segment_number=place)
        if place <= INSIGHTS:
            insight_id = _id(ids.Kind.INSIGHT)
            state = "corrected" if is_rare and place == 1 else "proposed"
            facts = {"id": insight_id, "owner_id": made.owner_id, "interview_id": made.id, "state": state}
            yield "insight", INSIGHT | times | facts | {"quote": text, "segment_ids": [place]}
            category = CATEGORIES[(number + place) % 8]
            yield "insight_category", {"insight_id": insight_id, "category": category, "rank": 0}
            yield "search_entry", _entry(made, "insight", text, insight_id=insight_id)


def _entry(made: models.Interview, kind: str, text: str, **of: Any) -> dict[str, Any]:
    row = {"owner_id": made.owner_id, "interview_id": made.id, "words": indexed(made, kind, text)}
    return {"segment_number": None, "insight_id": None} | row | of


def _template(table: type[SQLModel], **facts: Any) -> dict[str, Any]:
    """A row with all that does not differ from one to the next."""
    return table(**facts).model_dump()


CONSENT = _template(models.Consent, participants=[], purposes=[], method="operator_asserted", notice_version="1",
                    notice_sha256="", asserted_by="key")  # fmt: skip
RECORDING = _template(models.Recording, media_type="audio/mp4", size_bytes=1, sha256="0" * 64)
JOB = _template(models.Job, status="succeeded", progress=1.0)
TRANSCRIPT = _template(models.Transcript, version=1, duration_ms=60_000, engine="import", model="json")
SEGMENT = {"speaker": "S2", "doubts": [], "words": []}
INSIGHT = _template(models.Insight, transcript_version=1, speaker="S2", confidence=0.8, method="rule")
