"""A language model elsewhere, asked for insights on top of our own: only when the settings name one.

    lines      the conversation as numbered sentences, in parts that fit one request
    prompt     what is asked
    client     sends it, again and again if need be; the only file that knows httpx
    faults     why there is no usable answer
    answers    what comes back, checked against the words that were sent
    union      what it points at, put together with what was found without it

What somebody said may read like an order, and a model may obey it. So the model can do nothing but point: at
sentences, with their words for proof, and with names of categories. Nothing that it writes is kept or shown.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any, TypeVar

import structlog

from app.errors import WorkCanceled
from app.extraction import Finding, Turn
from app.settings import Settings
from workers.llm import answers, lines, prompt
from workers.llm.client import Client, Endpoint
from workers.llm.faults import AnswerUnusable, EndpointAway, NotReadWhole, TooLong
from workers.llm.lines import Part
from workers.llm.union import union

__all__ = ["Llm", "Reading", "Report", "of", "union"]

log = structlog.get_logger()

MOST_HALVINGS = 3
# So many parts in a row without a usable answer: the model cannot do this, and the others are not asked.
ENOUGH_FAILED = 3
LOOK_EVERY_S = 1.0

T = TypeVar("T")


@dataclass(frozen=True)
class Report:
    """How the asking went, without a word of what was said: for the job's reader.

    `status`: `asking`, then `complete`, `partial` (some parts without a usable answer) or `failed` (all of them).
    `dropped` counts what the model answered and the checks refused. `problem` says what the last failure was.
    """

    model: str
    host: str
    status: str = "asking"
    parts: int = 0
    failed_parts: int = 0
    found: int = 0
    dropped: int = 0
    problem: str | None = None

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True)
class Reading:
    """What the model pointed at, checked, in the order asked; overlapping parts may point at the same twice."""

    findings: list[Finding]
    report: Report


@dataclass
class _Tally:
    """What has become of the parts so far."""

    findings: list[Finding] = field(default_factory=list)
    answered: int = 0
    failed: int = 0
    failed_in_a_row: int = 0
    dropped: int = 0
    problem: str | None = None

    def add(self, checked: answers.Checked) -> None:
        self.findings += checked.findings
        self.dropped += checked.dropped
        self.answered += 1
        self.failed_in_a_row = 0

    def fail(self, problem: str) -> None:
        self.failed += 1
        self.failed_in_a_row += 1
        self.problem = problem

    @property
    def done(self) -> int:
        return self.answered + self.failed

    @property
    def status(self) -> str:
        if not self.failed:
            return "complete"
        return "partial" if self.answered else "failed"


@dataclass(frozen=True)
class Llm:
    """One model at one endpoint."""

    endpoint: Endpoint
    context_tokens: int

    def read(
        self,
        turns: Sequence[Turn],
        *,
        is_wanted: Callable[[], bool] = lambda: True,
        on_progress: Callable[[float], None] = lambda _share: None,
    ) -> Reading:
        """Asks about the whole conversation, part by part: minutes, where no transaction is open.

        Never fails because of the endpoint or the model: the report says what is missing. Raises WorkCanceled within
        about a second once `is_wanted` says no; the request that is under way is broken off.
        """
        tally = _run(_while_wanted(self._read(turns, on_progress), is_wanted))
        report = replace(
            self.asking(),
            status=tally.status,
            parts=tally.done,
            failed_parts=tally.failed,
            found=len(tally.findings),
            dropped=tally.dropped,
            problem=tally.problem,
        )
        log.info("llm asked", host=report.host, outcome=report.status, parts=report.parts, count=report.found)
        return Reading(tally.findings, report)

    def asking(self) -> Report:
        """To be kept before the first word is sent."""
        return Report(self.endpoint.model, self.endpoint.host)

    async def _read(self, turns: Sequence[Turn], on_progress: Callable[[float], None]) -> _Tally:
        tally = _Tally()
        cut = lines.parts(lines.of(turns), room_bytes=prompt.room_bytes(self.context_tokens))
        left = deque((part, 0) for part in cut)
        async with Client(self.endpoint) as client:
            while left and tally.failed_in_a_row < ENOUGH_FAILED:
                part, halvings = left.popleft()
                try:
                    tally.add(await _ask(client, part, turns))
                except TooLong as fault:
                    halves = lines.halves(part) if halvings < MOST_HALVINGS else []
                    left.extendleft((half, halvings + 1) for half in reversed(halves))
                    if not halves:
                        tally.fail(fault.problem)
                except AnswerUnusable as fault:
                    tally.fail(fault.problem)
                except EndpointAway as fault:
                    tally.fail(fault.problem)
                    break
                on_progress(tally.done / (tally.done + len(left) or 1))
        tally.failed += len(left)
        return tally


def of(settings: Settings) -> Llm | None:
    """The model that the settings name; None: no word leaves this machine."""
    if not settings.llm_url:
        return None
    key = settings.llm_key.get_secret_value() if settings.llm_key else None
    endpoint = Endpoint(settings.llm_url, settings.llm_model, key, settings.llm_timeout_s)
    return Llm(endpoint, settings.llm_context_tokens)


async def _ask(client: Client, part: Part, turns: Sequence[Turn]) -> answers.Checked:
    """One part; a second time, with what was wrong, when the answer cannot be used. Raises LlmFault."""
    model = client.endpoint.model
    try:
        return answers.check(await client.ask(prompt.messages(part)), part, turns, model=model)
    except AnswerUnusable as error:
        again = prompt.messages(part, fault=error.fault)
    try:
        return answers.check(await client.ask(again), part, turns, model=model)
    except NotReadWhole as error:
        raise TooLong(error.problem) from None


def _run(work: Coroutine[Any, Any, T]) -> T:
    """Like asyncio.run, which at its end would wait for a name server that does not answer, for as long as it takes."""
    loop = asyncio.new_event_loop()
    try:
        return loop.run_until_complete(work)
    finally:
        loop.run_until_complete(loop.shutdown_asyncgens())
        loop.close()


async def _while_wanted(work: Coroutine[Any, Any, T], is_wanted: Callable[[], bool]) -> T:
    """Breaks `work` off, wherever it waits, when it is not wanted any more."""
    task = asyncio.ensure_future(work)
    while not task.done():
        if not is_wanted():
            task.cancel()
            await asyncio.wait({task})
            raise WorkCanceled
        await asyncio.wait({task}, timeout=LOOK_EVERY_S)
    return task.result()
