"""Connections that keep the server waiting: a request's head must come in time, and so must what is left of a body.

Of itself the server times only silence between two requests, and one byte ends that. A body that somebody reads has
its own clock (`uploads.paced`).
"""

import asyncio
from contextlib import suppress

from uvicorn.protocols.http.h11_impl import H11Protocol

# Longest from the beginning of a connection, or the end of an answer, until the next request has been told whole.
HEAD_S = 15.0


class Timed(H11Protocol):
    """Ends a connection that is not being answered and has not brought its next request within `HEAD_S`.

    A body that goes on after its request was answered (refused, as a rule) counts as not bringing one.
    """

    head_s = HEAD_S
    _deadline: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._wait()

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if self._is_answered:
            self._stop()

    def on_response_complete(self) -> None:
        # Before: with the next request already here, its answer begins inside.
        self._wait()
        super().on_response_complete()
        if self._is_answered:
            self._stop()

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop()
        super().connection_lost(exc)

    @property
    def _is_answered(self) -> bool:
        return self.cycle is not None and not self.cycle.response_complete

    def _wait(self) -> None:
        self._stop()
        self._deadline = self.loop.call_later(self.head_s, self._reap)

    def _stop(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _reap(self) -> None:
        # Not `close`: that would wait until a client that reads nothing has taken the rest of an answer.
        self.transport.abort()


def allow_many() -> None:
    """Lets this process have as many files and connections open as the system allows: often 1,024 are the default."""
    # Windows has no such limit, nor the module.
    with suppress(ImportError, ValueError, OSError):
        import resource  # noqa: PLC0415  see above

        _soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
