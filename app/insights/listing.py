"""Finding insights again: one by its id, those of an interview as they were said, those of all interviews."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from sqlalchemy import exists, tuple_
from sqlmodel import Session, col, select

from app import cursors, etags, locks, models
from app.db import WriteSession, mentions
from app.errors import CursorInvalid, NotFound

Sort = Literal["-created_at", "start"]
FEW = 500


@dataclass(frozen=True)
class Filters:
    """Which insights. Several of a kind: any of them. None and empty: all.

    `role`, `employer` and `interviewee` are looked for in the interview, `q` in the quote, whatever their case.
    `stale` lets in quotes that are no longer in the transcript.
    """

    interview_ids: Sequence[str] = ()
    categories: Sequence[str] = ()
    states: Sequence[str] = ()
    role: str | None = None
    employer: str | None = None
    interviewee: str | None = None
    q: str | None = None
    min_confidence: float | None = None
    stale: bool = False


def find(session: Session, owner_id: str, insight_id: str) -> models.Insight:
    insight = locks.find(session, models.Insight, insight_id, owner_id=owner_id)
    if insight is None:
        raise NotFound("There is no insight with this id.")
    return insight


def page(
    session: Session, owner_id: str, filters: Filters, *, sort: Sort, limit: int, cursor: cursors.Position | None
) -> list[models.Insight]:
    """Up to `limit` insights after `cursor`. `sort`: newest first, or as they were said, which is for one interview."""
    of = _of_interview(session, owner_id, filters)
    query = select(models.Insight).where(models.Insight.owner_id == owner_id, of)
    query = query.where(*_narrowed(filters))
    return list(session.exec(_in_order(query, cursor, sort).limit(limit)))


def _of_interview(session: Session, owner_id: str, filters: Filters) -> Any:
    """The interview is there, may be read, and fits.

    Asked row by row, so that the order comes from the index; but where few interviews fit, by their ids: else every
    insight would be looked at for them.
    """
    interview = models.Interview
    readable = (col(interview.deleted_at).is_(None), col(interview.status) != "withdrawn", *_fitting(filters))
    if _fitting(filters):
        fitting = select(interview.id).where(interview.owner_id == owner_id, *readable)
        # As they lie on the disk: in another order, each is a page of its own to read.
        few = session.exec(fitting.order_by(col(interview.id).desc()).limit(FEW + 1)).all()
        if len(few) <= FEW:
            return col(models.Insight.interview_id).in_(few)
    return exists().where(col(interview.id) == models.Insight.interview_id, *readable)


def _fitting(filters: Filters) -> list[Any]:
    interview = models.Interview
    asked = ((interview.role, filters.role), (interview.employer, filters.employer),
             (interview.interviewee, filters.interviewee))  # fmt: skip
    return [mentions(column, text) for column, text in asked if text is not None]


def _narrowed(filters: Filters) -> list[Any]:
    insight, category = models.Insight, models.InsightCategory
    conditions: list[Any] = []
    if filters.interview_ids:
        conditions.append(col(insight.interview_id).in_(filters.interview_ids))
    if filters.states:
        conditions.append(col(insight.state).in_(filters.states))
    if filters.min_confidence is not None:
        conditions.append(col(insight.confidence) >= filters.min_confidence)
    if filters.q is not None:
        conditions.append(mentions(insight.quote, filters.q))
    if not filters.stale:
        conditions.append(col(insight.stale).is_(False))
    if filters.categories:
        named = col(category.category).in_(filters.categories)
        conditions.append(exists().where(col(category.insight_id) == insight.id, named))
    return conditions


def _in_order(query: Any, cursor: cursors.Position | None, sort: Sort) -> Any:
    # Ids are UUIDv7: their order is the order of creation.
    by_id, start = col(models.Insight.id), col(models.Insight.start_ms)
    if sort != "start":
        return (query if cursor is None else query.where(by_id < cursor.id)).order_by(by_id.desc())
    if cursor is not None:
        query = query.where(tuple_(start, by_id) > (_ms(cursor), cursor.id))
    return query.order_by(start, by_id)


def _ms(cursor: cursors.Position) -> int:
    if not re.fullmatch("[0-9]{1,15}", cursor.value):
        raise CursorInvalid("This cursor is not one of ours.")
    return int(cursor.value)


def categories_of(session: Session, insights: Sequence[models.Insight]) -> dict[str, list[str]]:
    """Insight id -> its categories, the main one first."""
    rows = session.exec(
        select(models.InsightCategory)
        .where(col(models.InsightCategory.insight_id).in_([insight.id for insight in insights]))
        .order_by(col(models.InsightCategory.rank))
    )
    found: dict[str, list[str]] = {insight.id: [] for insight in insights}
    for row in rows:
        found[row.insight_id].append(row.category)
    return found


def set_categories(session: WriteSession, insight_id: str, categories: Sequence[str]) -> None:
    for old in session.exec(select(models.InsightCategory).where(models.InsightCategory.insight_id == insight_id)):
        session.delete(old)
    session.flush()
    for rank, category in enumerate(dict.fromkeys(categories)):
        session.add(models.InsightCategory(insight_id=insight_id, category=category, rank=rank))


def interviews_of(session: Session, insights: Sequence[models.Insight]) -> dict[str, models.Interview]:
    """Interview id -> the interview, of all that the insights are from."""
    ids = {insight.interview_id for insight in insights}
    found = session.exec(select(models.Interview).where(col(models.Interview.id).in_(ids)))
    return {interview.id: interview for interview in found}


def etag(insight: models.Insight) -> str:
    return f'"{insight.version}"'


def check_version(insight: models.Insight, if_match: str | None) -> None:
    """Raises VersionMismatch."""
    etags.check(if_match, current=str(insight.version), what="insight")
