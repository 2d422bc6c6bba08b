"""Streams of a job's events: however many there are, one thread looks for news once a second for all of them."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator

import structlog
from fastapi import Request
from fastapi.sse import ServerSentEvent
from sqlalchemy import Engine
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException

from app import followings, metrics
from app.api import problems, views
from app.db import reading
from app.errors import StreamsExhausted
from app.followings import Following, News

log = structlog.get_logger()

LOOK_EVERY_S = 1.0
# What a client that was cut off waits before it comes again.
RETRY_MS = 3000


class Follower:
    """One open stream. It keeps the newest news only, so a client that reads slowly costs no memory."""

    def __init__(self, following: Following, news: News | None) -> None:
        self.following, self.news, self.has_ended = following, news, False
        self._called = asyncio.Event()

    def tell(self, news: News | None) -> None:
        if news is not None:
            self.news = news
            self._called.set()

    def end(self) -> None:
        self.has_ended = True
        self._called.set()

    async def next(self) -> News | None:
        """The next news; None when the service is leaving."""
        while self.news is None and not self.has_ended:
            self._called.clear()
            await self._called.wait()
        news, self.news = self.news, None
        if news is not None and news.job is not None:
            seen = Following(self.following.key_id, self.following.job_id, news.job.version)
            self.following = seen
        return news


class Streams:
    """All streams of this process."""

    def __init__(self, engine: Engine, *, per_key: int) -> None:
        """`per_key`: how many streams one key may have open here."""
        self.engine, self.per_key = engine, per_key
        self._followers: set[Follower] = set()
        self._open: Counter[str] = Counter()
        self._looking: asyncio.Task[None] | None = None
        self._is_leaving = False

    def __len__(self) -> int:
        return len(self._followers)

    def leave(self) -> None:
        """Ends all streams within a second, and every new one at once. A plain flag, because a signal sets it."""
        self._is_leaving = True

    def check_room(self, key_id: str) -> None:
        """Raises StreamsExhausted."""
        if self._open[key_id] >= self.per_key:
            raise StreamsExhausted(f"This key has {self.per_key} streams open here.", retry_after_s=RETRY_MS // 1000)

    async def follow(self, following: Following, news: News | None) -> AsyncIterator[News]:
        """What is new, as it comes; ends after the last news, or when the service is leaving."""
        follower = Follower(following, news)
        self._followers.add(follower)
        metrics.streams.inc()
        self._open[following.key_id] += 1
        self._looking = self._looking or asyncio.create_task(self._look())
        try:
            while (found := await follower.next()) is not None:
                yield found
                if found.is_last:
                    return
        finally:
            self._followers.discard(follower)
            metrics.streams.dec()
            self._open[following.key_id] -= 1
            if not self._open[following.key_id]:
                del self._open[following.key_id]

    async def _look(self) -> None:
        """Looks while anybody follows."""
        try:
            while self._followers and not self._is_leaving:
                await asyncio.sleep(LOOK_EVERY_S)
                await self._tell_all()
            for follower in self._followers:
                follower.end()
        finally:
            self._looking = None

    async def _tell_all(self) -> None:
        followers = list(self._followers)
        try:
            sight = await run_in_threadpool(self._see, [follower.following for follower in followers])
        except Exception:
            # Nobody has been told anything false, and the next look may find the database again.
            log.warning("no news for streams", exc_info=True)
            return
        for follower in followers:
            follower.tell(followings.news_for(follower.following, sight))

    def _see(self, of: list[Following]) -> followings.Sight:
        with reading(self.engine) as session:
            return followings.look(session, of)


class NothingMore(HTTPException):
    """Not a failure: the job has ended and the caller knows. To a browser's EventSource a 204 means: do not return."""

    def __init__(self) -> None:
        super().__init__(204)


def event(request: Request, news: News) -> ServerSentEvent:
    """`progress` and `done` bring the job, numbered by its version; `refused` brings a problem, and is no number."""
    if news.refusal is not None:
        return ServerSentEvent(event="refused", data=problems.body(request, news.refusal))
    assert news.job is not None  # noqa: S101  one of the two is there
    name = "done" if news.is_last else "progress"
    return ServerSentEvent(event=name, data=views.job(news.job), id=str(news.job.version), retry=RETRY_MS)
