"""What a client may believe of the service: dictionaries, and what each request would be answered. Pure."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

ACTIVE = ("queued", "running")
BY_HAND = "person"


class Refused(Exception):
    """The service is to refuse with this status."""

    def __init__(self, status: int) -> None:
        self.status = status


def refusal(check: Callable[[], object]) -> int | None:
    """The status that a check refuses with; None when it does not."""
    try:
        check()
    except Refused as refused:
        return refused.status
    return None


def refuse_if(is_so: object, status: int) -> None:
    if is_so:
        raise Refused(status)


@dataclass
class Job:
    """`kept`: the current attempt, or an earlier one, has put a transcript there."""

    id: str
    kind: str
    status: str = "queued"
    attempt: int = 1
    starts: int = 0
    kept: bool = False
    is_unwanted: bool = False


@dataclass
class Insight:
    quote: str
    state: str
    method: str
    is_stale: bool = False

    @property
    def is_touched(self) -> bool:
        return self.state != "proposed"


@dataclass
class Interview:
    """`versions` are the texts of the segments of each version of the transcript; `current` 0: there is none."""

    id: str
    title: str
    consents: list[str] = field(default_factory=list)
    sound: bytes | None = None
    versions: list[list[str]] = field(default_factory=list)
    current: int = 0
    insights: dict[str, Insight] = field(default_factory=dict)
    jobs: list[Job] = field(default_factory=list)
    status: str = "planned"
    hold: str | None = None
    is_promised: bool = False
    is_sound_erased: bool = False
    are_words_erased: bool = False
    is_deleted: bool = False
    # How often what was answered about it has been forgotten.
    forgotten: int = 0

    @property
    def path(self) -> str:
        return f"/v1/interviews/{self.id}"

    @property
    def is_withdrawn(self) -> bool:
        return self.status == "withdrawn"

    @property
    def is_busy(self) -> bool:
        return any(job.status in ACTIVE for job in self.jobs)

    @property
    def words(self) -> list[str]:
        return self.versions[self.current - 1] if self.current else []

    # What is refused, in the service's order.

    def check_there(self) -> None:
        refuse_if(self.is_deleted, 404)

    def check_readable(self) -> None:
        self.check_there()
        refuse_if(self.is_withdrawn, 451)

    def check_words(self) -> None:
        self.check_readable()
        refuse_if(self.are_words_erased, 410)
        refuse_if(not self.current, 409)

    def check_sound(self) -> None:
        self.check_readable()
        refuse_if(self.is_sound_erased, 410)
        refuse_if(self.sound is None, 404)

    def check_can_record(self, *, consent: bool) -> None:
        self.check_readable()
        refuse_if(self.is_sound_erased, 410)
        refuse_if(self.sound is not None or self.is_busy, 409)
        refuse_if(not (consent or self.consents), 422)

    def check_can_import(self, *, consent: bool) -> None:
        self.check_readable()
        refuse_if(self.are_words_erased, 410)
        refuse_if(not (consent or self.consents), 422)
        refuse_if(self.is_busy, 409)

    def check_can_edit(self, segment: int) -> None:
        self.check_words()
        refuse_if(self.is_busy, 409)
        refuse_if(segment > len(self.words), 404)

    def check_can_hear_again(self) -> None:
        self.check_readable()
        refuse_if(self.is_sound_erased or self.are_words_erased, 410)
        refuse_if(self.sound is None or self.is_busy, 409)

    def check_can_search_again(self) -> None:
        self.check_words()
        refuse_if(self.is_busy, 409)

    def check_can_retry(self, job: Job) -> None:
        refuse_if(job.status not in ("failed", "canceled"), 409)
        refuse_if(self.is_withdrawn, 451)
        refuse_if((job.kind == "transcription" and self.is_sound_erased) or self.are_words_erased, 410)
        refuse_if(self.is_busy, 409)

    def check_can_add(self, quote: str) -> None:
        self.check_words()
        refuse_if(not any(quote in text for text in self.words), 422)
        refuse_if(any(one.quote == quote and not one.is_stale for one in self.insights.values()), 409)

    # What follows.

    def say(self, texts: list[str]) -> None:
        """A new version of the transcript."""
        self.versions.append(texts)
        self.current = len(self.versions)
        for insight in self.insights.values():
            insight.is_stale = not any(insight.quote in text for text in texts)

    def ask(self, job: Job) -> None:
        self.jobs.append(job)
        self.status = "queued"

    def end(self, job: Job, outcome: str) -> None:
        job.status = outcome
        if self.is_withdrawn:
            return
        is_ready = outcome == "succeeded" or (self.current and not job.kept)
        self.status = "ready" if is_ready else outcome

    def cancel(self, job: Job) -> None:
        if job.status == "queued":
            self.end(job, "canceled")
        elif job.status == "running":
            job.is_unwanted = True

    def lose_words(self) -> None:
        self.versions, self.current, self.insights = [[] for _ in self.versions], 0, {}
        self.forgotten += 1
        for job in self.jobs:
            job.kept = False

    def withdraw(self) -> None:
        self.status, self.hold = "withdrawn", None
        self.lose_words()
        for job in self.jobs:
            self.cancel(job)

    def pass_time(self) -> Iterator[str]:
        """The days that were promised are over; what is erased, in this order."""
        if self.hold or not self.is_promised or self.is_withdrawn or self.is_busy:
            return
        if self.sound is not None and not self.is_sound_erased:
            self.is_sound_erased = True
            yield "recording"
        if self.versions and not self.are_words_erased:
            self.are_words_erased = True
            self.lose_words()
            yield "transcript"


@dataclass
class Upload:
    """`interview_id`: the one that it is meant for, or has become."""

    path: str
    sound: bytes
    title: str | None
    interview_id: str | None
    offset: int = 0
    is_finished: bool = False
    is_gone: bool = False


@dataclass(frozen=True)
class Asked:
    """A request with a key that was answered with success; `forgotten`: of its interview at that time."""

    path: str
    options: dict[str, object]
    status: int
    body: bytes
    location: str | None
    interview_id: str | None = None
    forgotten: int = 0
    upload: str | None = None
    insight: str | None = None


@dataclass
class World:
    interviews: dict[str, Interview] = field(default_factory=dict)
    uploads: dict[str, Upload] = field(default_factory=dict)
    asked: list[Asked] = field(default_factory=list)

    def listed(self) -> list[Interview]:
        return [one for one in self.interviews.values() if not one.is_deleted]

    def twin(self, sound: bytes) -> Interview | None:
        """The oldest interview with the same recording."""
        return next((one for one in self.listed() if _is_heard(one, sound)), None)

    def insights(self) -> dict[str, Insight]:
        return {name: insight for one in self.listed() for name, insight in one.insights.items()}

    def found(self, word: str) -> set[tuple[str, object]]:
        """(interview, segment's number or insight's id) of all that a search for a word finds."""
        segments = {
            (one.id, number)
            for one in self.listed()
            for number, text in enumerate(one.words, start=1)
            if word in text.split()
        }
        standing = {
            (one.id, name)
            for one in self.listed()
            for name, insight in one.insights.items()
            if word in insight.quote.split() and not insight.is_stale and insight.state != "rejected"
        }
        return segments | standing

    def check_replay(self, asked: Asked) -> None:
        """Raises Refused where what the answer told of is gone."""
        interview = self.interviews.get(asked.interview_id or "")
        refuse_if(interview and interview.is_withdrawn, 451)
        refuse_if(interview and interview.forgotten > asked.forgotten, 404)
        refuse_if(asked.upload and self.uploads[asked.upload].is_gone, 404)
        refuse_if(asked.insight and asked.insight not in self.insights(), 404)


def one_is_erased(one: Interview | None) -> bool:
    """Whether it is withdrawn or a part of it was kept long enough: its uploads go with that."""
    return one is not None and (one.is_withdrawn or one.is_sound_erased or one.are_words_erased)


def _is_heard(one: Interview, sound: bytes) -> bool:
    return one.sound == sound and not one.is_withdrawn and not one.is_sound_erased
