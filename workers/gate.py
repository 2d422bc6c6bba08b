"""How many jobs one worker process works on at once, and which of them may be side by side."""

import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager


class Gate:
    """`slots` places; who asks first goes in first.

    A job whose last start ended with the process is a suspect: it may have killed it. Until it has got somewhere, it
    shares the process only with jobs that have. Otherwise it would take innocent neighbours down with it each time,
    and they would be counted as killers too.
    """

    def __init__(self, slots: int) -> None:
        self.slots = slots
        self._changed = threading.Condition()
        self._waiting: deque[Place] = deque()
        self._inside: list[Place] = []

    @contextmanager
    def enter(self, *, suspect: bool) -> Iterator["Place"]:
        place = Place(self._changed, suspect=suspect)
        with self._changed:
            self._waiting.append(place)
            self._changed.wait_for(lambda: self._waiting[0] is place and self._has_room(place))
            self._waiting.popleft()
            self._inside.append(place)
            self._changed.notify_all()
        try:
            yield place
        finally:
            with self._changed:
                self._inside.remove(place)
                self._changed.notify_all()

    def _has_room(self, place: "Place") -> bool:
        unproven = [other for other in self._inside if not other.proven]
        if any(place.suspect or other.suspect for other in unproven):
            return False
        return len(self._inside) < self.slots

    @property
    def inside(self) -> int:
        with self._changed:
            return len(self._inside)


class Place:
    """One job's place inside. `proven`: since it came in it has got somewhere for good."""

    def __init__(self, changed: threading.Condition, *, suspect: bool) -> None:
        self._changed = changed
        self.suspect = suspect
        self.proven = False

    def prove(self) -> None:
        with self._changed:
            self.proven = True
            self._changed.notify_all()
