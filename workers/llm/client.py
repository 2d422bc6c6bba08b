"""Chat completions as OpenAI's API has them and other servers copy it: a request out, the text of the answer back."""

import asyncio
import re
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlsplit

import httpx
import stamina
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from workers.llm import prompt
from workers.llm.faults import AnswerUnusable, EndpointAway, TooLong

TRIES = 4
LONGEST_PAUSE_S = 30.0  # who says "come back later than that" is not waited for
CONNECT_S = 10.0
MOST_BYTES = 4 * 1024 * 1024
LOOK_FOR = 2000  # bytes of an error that are looked at

# Ways to ask for JSON, the strictest first. Reasoning models of OpenAI refuse a temperature; LM Studio knows no
# `json_object`, others no `json_schema`. What a server has once taken, it is asked from then on.
SCHEMA = {"type": "json_schema", "json_schema": {"name": "insights", "strict": True, "schema": prompt.schema()}}
FORMS: tuple[Mapping[str, Any], ...] = (
    {"response_format": SCHEMA, "temperature": 0},
    {"response_format": SCHEMA},
    {"response_format": {"type": "json_object"}},
    {},
)
FORM_REFUSED = (400, 422)
# What all of them say, in their own sentences, when a request is longer than the model can read.
CONTEXT_FULL = re.compile(rb"context[ _](?:length|size|window)", re.IGNORECASE)


class Message(BaseModel):
    content: str | None = None


class Choice(BaseModel):
    message: Message
    finish_reason: str | None = None


class Completion(BaseModel):
    """The part of the answer that is looked at."""

    model_config = ConfigDict(extra="ignore")

    choices: list[Choice] = Field(min_length=1)


@dataclass(frozen=True)
class Endpoint:
    """`timeout_s` is for one answer, from connecting to its last byte; `patience_s` more for all tries of a request."""

    url: str
    model: str
    key: str | None = field(repr=False)
    timeout_s: float
    patience_s: float = 60.0

    @property
    def host(self) -> str:
        """Host and, where given, port: what people are told about where their words went."""
        return urlsplit(self.url).netloc


class _FormRefused(Exception):
    """The server does not take the request in this form."""


class Client:
    """Asks one endpoint, one request after the other. Use as an async context manager."""

    def __init__(self, endpoint: Endpoint) -> None:
        self.endpoint = endpoint
        self._forms = FORMS
        self._is_form_taken = False
        headers = {"Accept": "application/json", "Accept-Encoding": "identity", "User-Agent": "candid"}
        if endpoint.key:
            headers["Authorization"] = f"Bearer {endpoint.key}"
        # No redirects: words and key go where the settings say. No proxies, netrc or certificates from the environment.
        self._http = httpx.AsyncClient(
            headers=headers,
            timeout=httpx.Timeout(endpoint.timeout_s, connect=min(CONNECT_S, endpoint.timeout_s)),
            follow_redirects=False,
            trust_env=False,
        )

    async def __aenter__(self) -> Self:
        await self._http.__aenter__()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._http.__aexit__(kind, error, trace)

    async def ask(self, messages: list[dict[str, str]]) -> str:
        """The text of a complete answer. Raises TooLong, AnswerUnusable, EndpointAway."""
        for form in self._forms:
            try:
                content = await self._bounded({"model": self.endpoint.model, "messages": messages, **form})
            except _FormRefused:
                continue
            self._forms, self._is_form_taken = (form,), True
            return content
        if self._is_form_taken:
            raise TooLong("request-refused")  # it is not the form: it is something in this part
        raise EndpointAway("request-refused", is_passing=False)

    async def _bounded(self, body: Mapping[str, Any]) -> str:
        try:
            async with asyncio.timeout(self.endpoint.timeout_s + self.endpoint.patience_s):
                return await self._patiently(body)
        except TimeoutError:
            raise EndpointAway("timeout", is_passing=False) from None

    async def _patiently(self, body: Mapping[str, Any]) -> str:
        async for attempt in stamina.retry_context(
            on=pause,
            attempts=TRIES,
            timeout=None,
            wait_initial=0.5,
            wait_max=LONGEST_PAUSE_S,
        ):
            with attempt:
                return await self._send(body)
        raise AssertionError("unreachable")

    async def _send(self, body: Mapping[str, Any]) -> str:
        try:
            async with (
                asyncio.timeout(self.endpoint.timeout_s),
                self._http.stream("POST", f"{self.endpoint.url.rstrip('/')}/chat/completions", json=body) as response,
            ):
                return content_of(response.status_code, response.headers, await _read(response))
        except (TimeoutError, httpx.TimeoutException):
            raise EndpointAway("timeout", is_passing=True) from None
        except httpx.HTTPError:
            raise EndpointAway("unreachable", is_passing=True) from None
        except httpx.InvalidURL:
            raise EndpointAway("unreachable", is_passing=False) from None


async def _read(response: httpx.Response) -> bytes:
    """The whole body. Bytes as they come, so that nothing small unpacks to something large."""
    found = bytearray()
    blocks: AsyncIterator[bytes] = response.aiter_raw()
    async for block in blocks:
        found += block
        if len(found) > MOST_BYTES:
            raise AnswerUnusable("too-large", "It is too long.")
    return bytes(found)


def content_of(status: int, headers: Mapping[str, str], body: bytes) -> str:
    """The text in a response. Raises what the response amounts to."""
    if status in FORM_REFUSED and not CONTEXT_FULL.search(body[:LOOK_FOR]):
        raise _FormRefused
    if status in (*FORM_REFUSED, 413):
        raise TooLong("too-long")
    if status != httpx.codes.OK:
        raise EndpointAway(
            f"status-{status}",
            is_passing=status in (408, 429) or status >= httpx.codes.INTERNAL_SERVER_ERROR,
            pause_s=retry_after_s(headers.get("Retry-After", ""), now=datetime.now(UTC)),
        )
    try:
        choice = Completion.model_validate_json(body).choices[0]
    except ValidationError:
        raise AnswerUnusable("unreadable", "It was no chat completion.") from None
    if choice.finish_reason == "length":
        raise TooLong("cut-off")
    return choice.message.content or ""


def pause(error: Exception) -> bool | float:
    """Whether to ask again after this, and after how many seconds; True leaves that to the growing pauses."""
    if not isinstance(error, EndpointAway) or not error.is_passing:
        return False
    if error.pause_s is None:
        return True
    return error.pause_s if error.pause_s <= LONGEST_PAUSE_S else False


def retry_after_s(value: str, *, now: datetime) -> float | None:
    """Seconds to wait by a Retry-After header, a number or a date; None when it says nothing."""
    if re.fullmatch(r"\d{1,9}(?:\.\d+)?", value.strip()):
        return float(value)
    try:
        at = parsedate_to_datetime(value)
    except ValueError:
        return None
    # A date without a zone is in UTC, as all dates in HTTP are.
    return max(0.0, (at.replace(tzinfo=at.tzinfo or UTC) - now).total_seconds())
