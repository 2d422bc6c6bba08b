"""How much a caller may do in a minute: counted for each key and kind of request, in the memory of this process.

Several API processes count apart, so what a key may do is at most its quota times their number. A count that all share
would be a write for every read; the quotas are there to keep one caller from starving others, not to bill.
"""

import hashlib
import math
import threading
import time
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from limits import RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter

from app.errors import RateLimited
from app.settings import Settings

WINDOW_S = 60
# Keys remembered as good: 64 bytes each.
TRUSTED_AT_MOST = 10_000


class Kind(StrEnum):
    """What is counted apart. All but the last are counted by key; requests without a good key, by address."""

    READS = "reads"
    WRITES = "writes"
    UPLOADS = "uploads"
    REFUSED_KEYS = "refused-keys"


@dataclass(frozen=True)
class Standing:
    """How a caller stands after a request: `remaining` of `quota`, and seconds until there is more again."""

    kind: Kind
    quota: int
    remaining: int
    reset_s: int
    is_over: bool = False

    def check(self) -> None:
        """Raises RateLimited."""
        if self.is_over:
            detail = f"There may be {self.quota} {self.kind} in {WINDOW_S} seconds."
            raise RateLimited(detail, policy=self.kind.value, retry_after_s=self.reset_s)


def quotas(settings: Settings) -> dict[Kind, int]:
    """Requests in a minute by kind; 0: as many as they like."""
    return {
        Kind.READS: settings.reads_per_minute,
        Kind.WRITES: settings.writes_per_minute,
        Kind.UPLOADS: settings.uploads_per_minute,
        Kind.REFUSED_KEYS: settings.refused_keys_per_minute,
    }


class Rates:
    """The counts of this process. Safe to use from many threads."""

    def __init__(self, per_minute: Mapping[Kind, int]) -> None:
        self._quotas = {kind: RateLimitItemPerMinute(quota) for kind, quota in per_minute.items() if quota}
        # Moving and not fixed windows: no burst of twice the quota, and the time to come again is exact.
        self._counts = MovingWindowRateLimiter(MemoryStorage())
        self._trusted: OrderedDict[bytes, None] = OrderedDict()
        self._lock = threading.Lock()

    def take(self, kind: Kind, who: str) -> Standing | None:
        """Counts one request of a key or an address; None where nothing is limited. What is over does not count."""
        quota = self._quotas.get(kind)
        if quota is None:
            return None
        is_over = not self._counts.hit(quota, kind, who)
        return self._standing(kind, who, is_over=is_over)

    def guessing(self, address: str, credential: str) -> Standing | None:
        """How an address with too many refusals stands; None for others, and for a credential that was good before.

        Otherwise one client that goes on with a dead key would lock out everybody behind the same address.
        """
        quota = self._quotas.get(Kind.REFUSED_KEYS)
        if quota is None or self._counts.test(quota, Kind.REFUSED_KEYS, address) or self._is_trusted(credential):
            return None
        return self._standing(Kind.REFUSED_KEYS, address, is_over=True)

    def trust(self, credential: str) -> None:
        """Notes a credential as good."""
        digest = _digest(credential)
        with self._lock:
            self._trusted[digest] = None
            self._trusted.move_to_end(digest)
            if len(self._trusted) > TRUSTED_AT_MOST:
                self._trusted.popitem(last=False)

    def _is_trusted(self, credential: str) -> bool:
        with self._lock:
            return _digest(credential) in self._trusted

    def _standing(self, kind: Kind, who: str, *, is_over: bool) -> Standing:
        quota = self._quotas[kind]
        stats = self._counts.get_window_stats(quota, kind, who)
        wait = math.ceil(stats.reset_time - time.time())
        return Standing(kind, quota.amount, stats.remaining, min(WINDOW_S, max(1, wait)), is_over)


def _digest(credential: str) -> bytes:
    return hashlib.sha256(credential.encode()).digest()
