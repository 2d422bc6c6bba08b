"""Cursors: where a page ended, in a text that means nothing to the caller and is refused for another query."""

import base64
import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

from pydantic import TypeAdapter

from app.errors import CursorInvalid

# Three texts and nothing else: anybody can write a cursor, of numbers, of nothing, of a thousand brackets.
_PARTS: TypeAdapter[tuple[str, str, str]] = TypeAdapter(tuple[str, str, str])


@dataclass(frozen=True)
class Position:
    """The last row of a page: its sort value and its id."""

    value: str
    id: str


def encode(position: Position, *, query: str) -> str:
    """`query` names everything that chose and ordered the rows; the cursor works for that query only."""
    text = json.dumps([position.value, position.id, _mark(query)], separators=(",", ":"))
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def decode(cursor: str | None, *, query: str) -> Position | None:
    """Raises CursorInvalid."""
    if cursor is None:
        return None
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        value, row_id, mark = _PARTS.validate_json(base64.b64decode(padded, altchars=b"-_", validate=True))
    except ValueError:
        raise CursorInvalid("This cursor is not one of ours.") from None
    if mark != _mark(query):
        raise CursorInvalid("This cursor belongs to another query. Start again without it.")
    if "\x00" in value + row_id:
        # Postgres cannot look for a NUL, and none of ours has one.
        raise CursorInvalid("This cursor is not one of ours.")
    return Position(value, row_id)


def _mark(query: str) -> str:
    return hashlib.sha256(query.encode()).hexdigest()[:12]


class HasId(Protocol):
    @property
    def id(self) -> str: ...


Row = TypeVar("Row", bound=HasId)


@dataclass(frozen=True)
class Page(Generic[Row]):
    """The rows of one page, and the cursor of the next; None: this is the last."""

    items: list[Row]
    next_cursor: str | None


def page_of(rows: list[Row], *, limit: int, query: str, value: Callable[[Row], str] = lambda row: row.id) -> Page[Row]:
    """Cuts `rows`, of which one more than `limit` was asked for, to a page."""
    items = rows[:limit]
    if len(rows) <= limit:
        return Page(items, None)
    return Page(items, encode(Position(value(items[-1]), items[-1].id), query=query))
