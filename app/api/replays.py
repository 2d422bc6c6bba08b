"""Idempotency-Key over HTTP: a request that was answered is answered the same again, and nothing is done twice."""

import hashlib
import json
from collections.abc import Callable, Coroutine
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any, TypeVar

from fastapi import Request, Response
from pydantic import BaseModel
from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser
from sqlmodel import Session
from starlette.concurrency import run_in_threadpool
from starlette.types import Message, Receive

from app import errors, models, replies, uploads
from app.api import declared
from app.api.multipart import boundary_of
from app.db import reading
from app.errors import MultipartInvalid, SecretShownOnce
from app.keys import Caller
from app.replies import Key, Slot

HEADER = "Idempotency-Key"
REPLAYED = "Idempotency-Replayed"
# Of the answer's headers, those that tell of this answer; the others are on every answer.
KEPT = ("location", "etag", "retry-after", "link")
# Headers that say what a resumable upload will be. Whether its first bytes come along is no part of that.
BEGINNING = ("upload-length", "upload-metadata", "repr-digest")
FORM = "multipart/form-data"

Answering = Callable[[Request], Coroutine[Any, Any, Response]]
Endpoint = TypeVar("Endpoint", bound=Callable[..., Any])
# What an answer would be now, by session, owner and the id of what was made.
Anew = Callable[[Session, str, str], BaseModel]

_secret: set[Callable[..., Any]] = set()
_anew: dict[Callable[..., Any], Anew] = {}


def never_shown_again(endpoint: Endpoint) -> Endpoint:
    """Its answers hold a secret: they are not kept, and a replay is refused."""
    _secret.add(endpoint)
    return endpoint


def drawn_anew(draw: Anew) -> Callable[[Endpoint], Endpoint]:
    """Its answers hold words of a transcript: they are not kept, and a replay shows what was made as it is now."""

    def mark(endpoint: Endpoint) -> Endpoint:
        _anew[endpoint] = draw
        return endpoint

    return mark


PARAMETER: dict[str, Any] = {
    "name": HEADER,
    "in": "header",
    "required": False,
    "description": "Makes it safe to send this request again when its answer was lost: within 24 hours, the same key "
    "with the same request is answered as before, and nothing is done twice. A UUID is a good key.",
    "schema": {"type": "string", "minLength": 1, "maxLength": 2 * replies.KEY_LENGTH + 2, "pattern": replies.PATTERN},
    "example": "8e03978e-40d5-43dd-bc93-6894a57f9324",
}
MARKED = {"headers": {REPLAYED: declared.header("`true`: this is the answer to an earlier request.", "true")}}
FAILURES = (errors.IdempotencyKeyInvalid, errors.IdempotencyKeyReused, errors.IdempotencyKeyInUse)
GONE = (errors.ConsentWithdrawn, errors.NotFound)


@dataclass(frozen=True)
class Once:
    """Answers the requests of one operation, those with a key once only."""

    operation: str
    endpoint: Callable[..., Any]
    takes_body: bool
    # The scopes that the operation needs: a replay must not tell a key what it could not have asked.
    checks: tuple[Callable[[Caller], Caller], ...]

    def failures(self) -> tuple[type[errors.CandidError], ...]:
        return (*FAILURES, *((SecretShownOnce,) if self.endpoint in _secret else GONE))

    async def answer(self, request: Request, answering: Answering) -> Response:
        slot = self._slot(request)
        if slot is None:
            return await answering(request)
        with request.app.state.house.in_flight.holding(slot):
            kept = await run_in_threadpool(self._find, request, slot)
            if kept is None:
                return await self._first(request, slot, answering)
            return await self._again(request, kept)

    def _slot(self, request: Request) -> Slot | None:
        key = replies.parse_key(request.headers.getlist(HEADER))
        if key is None:
            return None
        caller: Caller = request.state.caller
        for check in self.checks:
            check(caller)
        return Slot(caller.owner_id, self.operation, key)

    def _head_sha256(self, request: Request) -> str:
        """What is asked before the body says anything."""
        kind = request.headers.get("content-type", "")
        # curl makes up a new boundary for every try.
        return _sha256_of_head(request, FORM if kind.lower().startswith(FORM) else kind)

    def _find(self, request: Request, slot: Slot) -> models.Reply | None:
        """What is kept for the slot, before the body is read. Raises what a glance at the request can tell."""
        with reading(request.app.state.house.engine) as session:
            kept = replies.find(session, slot)
            if kept is not None:
                replies.check_same(kept.head_sha256, self._head_sha256(request))
                replies.check_there(session, kept)
            return kept

    async def _first(self, request: Request, slot: Slot, answering: Answering) -> Response:
        body = Body.of(request, takes_any=self.takes_body)
        # Whoever opens the transaction takes the slot with it: see `deps`.
        request.state.slot = slot
        response = await answering(Request(request.scope, body.watching(request.receive)))
        await run_in_threadpool(
            replies.keep,
            request.state.session,
            slot,
            head_sha256=self._head_sha256(request),
            body_sha256=body.sha256(),
            answer=self._kept_of(response),
        )
        return response

    def _kept_of(self, response: Response) -> replies.Answer:
        headers = {name: response.headers[name] for name in KEPT if name in response.headers}
        text = bytes(response.body).decode()
        made_id, interview_id = replies.subjects(json.loads(text) if text else {})
        is_withheld = self.endpoint in _secret or self.endpoint in _anew
        return replies.Answer(
            response.status_code, headers, None if is_withheld else text, made_id=made_id, interview_id=interview_id
        )

    async def _again(self, request: Request, kept: models.Reply) -> Response:
        body = Body.of(request, takes_any=self.takes_body)
        if self.takes_body:
            await _drain(request, body)
        replies.check_same(kept.body_sha256, body.sha256())
        if self.endpoint in _secret:
            raise SecretShownOnce(
                "This was done already. Its secret was in the first answer and nowhere else.",
                made=kept.headers.get("location"),
            )
        text = await run_in_threadpool(self._text, request, kept)
        # What is drawn anew may be another version than the one that was answered.
        headers = {name: value for name, value in kept.headers.items() if kept.body is not None or name != "etag"}
        return Response(text, kept.status, headers | {REPLAYED: "true"}, media_type="application/json")

    def _text(self, request: Request, kept: models.Reply) -> str:
        if self.endpoint not in _anew:
            return kept.body or ""
        with reading(request.app.state.house.engine) as session:
            return _anew[self.endpoint](session, kept.owner_id, kept.made_id or "").model_dump_json()


class BegunOnce(Once):
    """The same for an operation that goes on after what it makes is there, and that keeps its answer with that itself.

    What comes behind is no part of what was asked: whoever asks again is led to what was made, as it is now.
    """

    async def answer(self, request: Request, answering: Answering) -> Response:
        slot = self._slot(request)
        if slot is None:
            return await answering(request)
        with ExitStack() as flying:
            flying.enter_context(request.app.state.house.in_flight.holding(slot))
            kept = await run_in_threadpool(self._find, request, slot)
            made_id = kept.made_id if kept is not None else None
            request.state.key = Key(slot, self._head_sha256(request), made_id, admit_twins=flying.close)
            response = await answering(request)
        if kept is not None:
            response.headers[REPLAYED] = "true"
        return response

    def _head_sha256(self, request: Request) -> str:
        return _sha256_of_head(request, *(request.headers.get(name, "") for name in BEGINNING))


def _sha256_of_head(request: Request, *headers: str) -> str:
    return replies.sha256_of(request.scope["path"], request.url.query, *headers)


async def _drain(request: Request, body: "Body") -> None:
    """Reads a body to its end and keeps nothing of it. Raises UploadTooSlow, IdempotencyKeyReused."""
    settings = request.app.state.house.settings
    limit = settings.max_recording_bytes + uploads.FORM_BYTES
    watched = Request(request.scope, body.watching(request.receive))
    async for _chunk in uploads.paced(watched.stream(), settings):
        if body.size_bytes > limit:
            # No request of this size was ever answered with success.
            replies.check_same("", "another")


class Body:
    """The hash of a body that somebody else reads: of its bytes."""

    def __init__(self) -> None:
        self.size_bytes = 0
        self._digest = hashlib.sha256()

    @classmethod
    def of(cls, request: Request, *, takes_any: bool) -> "Body":
        """What will know the hash of the request's body, in which chunks it may come."""
        kind = request.headers.get("content-type", "")
        if not takes_any or not kind.lower().startswith(FORM):
            return Body()
        try:
            return Form(boundary_of(kind))
        except MultipartInvalid:
            return Body()

    def watching(self, receive: Receive) -> Receive:
        """The same messages; what they bring is taken into account."""

        async def watched() -> Message:
            message = await receive()
            chunk = message.get("body", b"")
            self.size_bytes += len(chunk)
            self.take(chunk)
            return message

        return watched

    def take(self, chunk: bytes) -> None:
        self._digest.update(chunk)

    def sha256(self) -> str:
        return self._digest.hexdigest()


class Form(Body):
    """The hash of a form: of its parts' headers and contents, whatever the boundary between them is."""

    def __init__(self, boundary: bytes) -> None:
        super().__init__()
        self._part = hashlib.sha256()
        self._parser: MultipartParser | None = MultipartParser(
            boundary,
            {
                "on_part_begin": self._begin,
                "on_header_field": self._add,
                "on_header_value": self._add,
                "on_header_end": lambda: self._part.update(b"\n"),
                "on_headers_finished": lambda: self._part.update(b"\n"),
                "on_part_data": self._add,
                "on_part_end": lambda: self._digest.update(self._part.digest()),
            },
        )

    def take(self, chunk: bytes) -> None:
        if self._parser is None or not chunk:
            return
        try:
            self._parser.write(chunk)
        except FormParserError:
            # Whoever reads the form finds that out too, and says so.
            self._parser = None

    def _begin(self) -> None:
        self._part = hashlib.sha256()

    def _add(self, data: bytes, start: int, end: int) -> None:
        self._part.update(data[start:end])
