"""How many jobs one worker process works on at once, and which of them may be side by side."""

import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass


@dataclass
class Place:
    """A job's place at the gate or inside. `proven`: since it came in, it has got somewhere for good."""

    name: str
    suspect: bool
    proven: bool = False


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
    def enter(self, name: str = "", *, suspect: bool = False) -> Iterator[None]:
        place = Place(name, suspect)
        with self._changed:
            self._waiting.append(place)
            self._changed.wait_for(lambda: self._waiting[0] is place and self._has_room(place))
            self._waiting.popleft()
            self._inside.append(place)
            self._changed.notify_all()
        try:
            yield
        finally:
            with self._changed:
                # By identity: two attempts of one job can be here for a moment, and look the same.
                self._inside = [other for other in self._inside if other is not place]
                self._changed.notify_all()

    def prove(self, name: str) -> None:
        """Whoever is inside under this name has got somewhere."""
        with self._changed:
            for place in self._inside:
                place.proven = place.proven or place.name == name
            self._changed.notify_all()

    def _has_room(self, place: Place) -> bool:
        unproven = [other for other in self._inside if not other.proven]
        if any(place.suspect or other.suspect for other in unproven):
            return False
        return len(self._inside) < self.slots

    @property
    def inside(self) -> int:
        with self._changed:
            return len(self._inside)
