"""The courier: a thread of the worker, beside the queue, that sends deliveries as they come due."""

import asyncio
import threading
from collections.abc import Callable
from datetime import datetime
from secrets import SystemRandom

import structlog

from app import deliveries, tracing
from app.db import now, reading
from app.deliveries import Attempt, Lease
from workers.bench import Bench
from workers.sending import Sender

log = structlog.get_logger()

# Webhooks that are sent to at the same time. One that hangs takes one place for 15 seconds.
PLACES = 16
LOOK_EVERY_S = 1.0
GRACE_S = 5.0
CHANCE = SystemRandom()


class Courier:
    """One per worker. Its clock and its chance are given, so that three days pass in a test at once."""

    def __init__(
        self,
        bench: Bench,
        *,
        sender: Sender | None = None,
        clock: Callable[[], datetime] = now,
        chance: Callable[[], float] = CHANCE.random,
    ) -> None:
        self.bench, self.clock, self.chance = bench, clock, chance
        self.sender = sender or Sender(allow_private=bench.settings.webhook_allow_private)
        self._ended = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve()), name="courier", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def end(self) -> None:
        """Begins nothing more, waits a little for what is under way, and gives back the rest."""
        self._ended.set()
        self._thread.join(timeout=GRACE_S)
        self.bench.write(lambda session: deliveries.release(session, [self.bench.worker_id]))

    async def deliver_due(self) -> int:
        """Sends everything that is due now, once; returns how much that was."""
        held = await asyncio.to_thread(self._lease, set())
        await asyncio.gather(*(self._deliver(one) for one in held))
        return len(held)

    async def _serve(self) -> None:
        sending: dict[asyncio.Task[None], str] = {}
        while not self._ended.is_set():
            held = await asyncio.to_thread(self._lease, set(sending.values()))
            sending |= {asyncio.create_task(self._deliver(one)): one.webhook_id for one in held}
            if sending:
                await asyncio.wait(sending, timeout=LOOK_EVERY_S, return_when=asyncio.FIRST_COMPLETED)
            else:
                await asyncio.sleep(LOOK_EVERY_S)
            sending = {task: webhook_id for task, webhook_id in sending.items() if not task.done()}
        if sending:
            await asyncio.wait(sending, timeout=GRACE_S)

    def _lease(self, busy: set[str]) -> list[Lease]:
        # Whatever happens, the next look comes; and a look that finds nothing does not take the write lock.
        try:
            at = self.clock()
            with reading(self.bench.engine) as session:
                if not deliveries.is_any_due(session, at=at):
                    return []
            most = PLACES - len(busy)
            return self.bench.write(
                lambda session: deliveries.lease(session, self.bench.worker_id, at=at, busy=busy, most=most)
            )
        except Exception:
            log.warning("courier failed", exc_info=True)
            return []

    async def _send(self, held: Lease) -> Attempt:
        with self.bench.tracing.call("deliver", webhook=held.webhook_id, delivery=held.delivery_id):
            attempt = await self.sender.send(held, at=self.clock())
            tracing.tell(status=attempt.status)
            if not attempt.is_success:
                tracing.fail(attempt.error or str(attempt.status))
        return attempt

    async def _deliver(self, held: Lease) -> None:
        # Should we fail to note what came of it, the lease runs out and it is sent again.
        try:
            attempt = await self._send(held)
            chance = self.chance()
            why = await asyncio.to_thread(
                self.bench.write, lambda session: deliveries.settle(session, held, attempt, chance=chance)
            )
        except Exception:
            log.warning("courier failed", webhook=held.webhook_id, delivery=held.delivery_id, exc_info=True)
            return
        log.info(
            "delivered" if attempt.is_success else "not delivered",
            webhook=held.webhook_id,
            delivery=held.delivery_id,
            status=attempt.status,
            code=attempt.error,
            duration_ms=attempt.took_ms,
        )
        if why is not None:
            log.warning("webhook disabled", webhook=held.webhook_id, outcome=why)
