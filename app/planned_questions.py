"""Planned questions: a person's own list for an interview, and what became of each: asked, answered, skipped."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from sqlmodel import Session, col, select

from app import etags, interviews, jobs, models
from app.db import WriteSession
from app.errors import StateConflict
from app.extraction import alike
from app.extraction.asking import Exchange, exchanges
from app.extraction.turns import SpokenTurn, quoted
from app.jobs import ACTIVE, Queue, Stage

Status = Literal["planned", "skipped", "asked", "answered"]
Similarity = Callable[[Sequence[str], Sequence[str]], Sequence[Sequence[float]]]

# From here on two questions are taken for the same, on the scale of `alike.similarity`. Of 77 pairs of ours, half of
# them made to deceive, two that were not the same were taken for it. Vectors of a small sentence model were tried in
# its place and beside it: they hold "like most" and "like least" for the same and "salary" and "earn" apart.
ALIKE_ENOUGH = 0.6
# Of two places where it may have been asked, the one that was answered wins unless the other is clearly more alike.
ANSWERED_BONUS = 0.05


@dataclass(frozen=True)
class Match:
    """What a question of the list was found to be; `exchange` None: it was not asked."""

    similarity: float | None = None
    exchange: Exchange | None = None


SKIPPED = Match()


@dataclass(frozen=True)
class Checked:
    """What became of a list in one version of a transcript: per question its text and its match."""

    version: int
    turns: Sequence[SpokenTurn]
    texts: Sequence[str]
    matches: Sequence[Match]


def match(
    texts: Sequence[str],
    asked: Sequence[Exchange],
    similarity: Similarity = alike.similarity,
    *,
    enough: float = ALIKE_ENOUGH,
) -> list[Match]:
    """For each of `texts` where it was asked. No question put counts for two of the list: the more alike has it.

    `similarity` says 0..1 for each of its first texts against each of its second; `enough` is on its scale.
    """
    found: dict[int, Match] = {}
    taken: set[int] = set()
    for likeness, place, at in _pairs(texts, asked, similarity):
        if likeness >= enough and place not in found and at not in taken:
            found[place] = Match(round(likeness, 4), asked[at])
            taken.add(at)
    return [found.get(place, SKIPPED) for place in range(len(texts))]


def _pairs(texts: Sequence[str], asked: Sequence[Exchange], similarity: Similarity) -> list[tuple[float, int, int]]:
    """(likeness, place in `texts`, place in `asked`), the best first; of equals what comes earlier."""
    pairs = [
        (likeness, place, at)
        for place, row in enumerate(_similarities(texts, asked, similarity))
        for at, likeness in enumerate(row)
    ]
    bonus = [ANSWERED_BONUS if one.answer is not None else 0.0 for one in asked]
    return sorted(pairs, key=lambda pair: (-pair[0] - bonus[pair[2]], pair[1], pair[2]))


def _similarities(texts: Sequence[str], asked: Sequence[Exchange], similarity: Similarity) -> list[list[float]]:
    """Each text against each question alone, and with what led in to it: "You work nights. How do you bear that?"."""
    if not texts or not asked:
        return [[] for _ in texts]
    alone = similarity(texts, [one.text for one in asked])
    led_in = similarity(texts, [f"{one.led_in} {one.text}".strip() for one in asked])
    return [[max(pair) for pair in zip(*rows, strict=True)] for rows in zip(alone, led_in, strict=True)]


def check(
    version: int, turns: Sequence[SpokenTurn], texts: Sequence[str], similarity: Similarity = alike.similarity
) -> Checked:
    """What became of a list. Pure: call it where no transaction is open."""
    asked = exchanges(turns) if texts else []
    return Checked(version, turns, texts, match(texts, asked, similarity))


@dataclass(frozen=True)
class Planned:
    """An interview and its list, in its order."""

    interview: models.Interview
    rows: Sequence[models.PlannedQuestion]

    @property
    def texts(self) -> list[str]:
        return [row.text for row in self.rows]


def find(session: Session, owner_id: str, interview_id: str) -> Planned:
    """Raises NotFound, ConsentWithdrawn."""
    interview = interviews.readable(session, owner_id, interview_id)
    return Planned(interview, of(session, interview.id))


def of(session: Session, interview_id: str) -> list[models.PlannedQuestion]:
    query = select(models.PlannedQuestion).where(models.PlannedQuestion.interview_id == interview_id)
    return list(session.exec(query.order_by(col(models.PlannedQuestion.position))))


def keep(session: WriteSession, *, interview_id: str, checked: Checked) -> None:
    """Writes what became of each question; one that came to the list after the check stays as it is."""
    found = dict(zip(checked.texts, checked.matches, strict=True))
    for row in of(session, interview_id):
        if row.text in found:
            _note(row, found[row.text], checked)


def _note(row: models.PlannedQuestion, found: Match, checked: Checked) -> None:
    exchange = found.exchange
    row.transcript_version, row.similarity = checked.version, found.similarity
    row.asked = quoted(checked.turns, exchange.question) if exchange else None
    row.answer = quoted(checked.turns, exchange.answer) if exchange and exchange.answer else None


def replace(
    session: WriteSession, queue: Queue, known: Planned, texts: Sequence[str], *, if_match: str | None
) -> Planned:
    """The whole list anew; what was found for a text that stays, stays. What is new is looked for at once.

    Raises VersionMismatch, and StateConflict while a worker is looking that may have read the old list.
    """
    # Only the list itself counts: what a worker finds is nobody's edit.
    etags.check(if_match, current=etags.digest(known.texts), what="list")
    interview = known.interview
    active = _active_job(session, interview.id)
    if active is not None and active.stage == Stage.EXTRACTING:
        searching = "The transcript is being searched for the list as it was. Wait for that job, or cancel it."
        raise StateConflict(searching, job_id=active.id)
    rows = _put(session, known, texts)
    is_checked = all(row.transcript_version == interview.transcript_version for row in rows)
    if interview.transcript_version > 0 and active is None and not is_checked:
        jobs.submit(session, queue, interview, kind="extraction", options={})
    return Planned(interview, rows)


def _active_job(session: Session, interview_id: str) -> models.Job | None:
    query = select(models.Job).where(models.Job.interview_id == interview_id, col(models.Job.status).in_(ACTIVE))
    return session.exec(query).first()


def _put(session: WriteSession, known: Planned, texts: Sequence[str]) -> list[models.PlannedQuestion]:
    """Needs `texts` without repetition."""
    old = {row.text: row for row in known.rows}
    for text, row in old.items():
        # Out of the way first: two rows in one place, even between two statements, are refused by the database.
        row.position = -1 - row.position
        if text not in texts:
            session.delete(row)
    session.flush()
    rows = [old.get(text) or _new(known.interview, text) for text in texts]
    for position, row in enumerate(rows):
        row.position = position
    session.add_all(rows)
    session.flush()
    return rows


def _new(interview: models.Interview, text: str) -> models.PlannedQuestion:
    return models.PlannedQuestion(owner_id=interview.owner_id, interview_id=interview.id, position=0, text=text)


def status(row: models.PlannedQuestion) -> Status:
    """What became of a question: planned, skipped, asked or answered."""
    if row.transcript_version is None:
        return "planned"
    if row.asked is None:
        return "skipped"
    return "asked" if row.answer is None else "answered"


def etag(known: Planned) -> str:
    """A strong ETag. Its first part stands for the list, the second for what became of it."""
    found = [known.interview.transcript_version, *(row.model_dump(mode="json") for row in known.rows)]
    return f'"{etags.digest(known.texts)}.{etags.digest(found)}"'
