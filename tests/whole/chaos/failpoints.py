"""Named places where a process of a chaos run ends itself with SIGKILL, once, as soon as the run has armed them.

At some it lives on, and what is lost is the answer to a commit that came through: nobody is told whether it did.
The service knows nothing of this: its functions are wrapped here, in processes that only tests start (`nursery`).
"""

import functools
import inspect
import os
import signal
import threading
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from sqlalchemy import event

from app import claims, deliveries, erasures, insights, models, search, spools, uploads
from app.db import WriteSession
from app.recordings import Recordings
from tests import databases


class Scene(StrEnum):
    """What a client does so that a failpoint is reached."""

    SEND = "send"
    RESUME = "resume"
    EDIT = "edit"
    WITHDRAW = "withdraw"
    PLAN = "plan"  # asks for an interview first, and sends its recording then
    ORPHAN = "orphan"  # sends, and another worker is killed at work


@dataclass(frozen=True)
class Failpoint:
    """`passes`: up to so many times it may be passed by before it counts."""

    name: str
    scene: Scene
    passes: int = 0

    @property
    def is_deadly(self) -> bool:
        return not self.name.endswith(UNHEARD)


def _points(scene: Scene, *names: str) -> tuple[Failpoint, ...]:
    return tuple(Failpoint(name, scene) for name in names)


# After the name of a failpoint that is behind a commit: the process lives, and is told that the connection broke.
UNHEARD = ", unheard"
# Moments that no failpoint names: a process is killed from outside, somewhen.
ANY_API, ANY_WORKER = "api: any moment", "worker: any moment"

FAILPOINTS = (
    *_points(Scene.SEND, "upload: written", "upload: staged", "upload: kept", "upload: commits", "upload: committed"),
    *_points(Scene.PLAN, "plan: commits", "plan: committed"),
    *_points(Scene.RESUME, "resume: begins", "resume: begun", "resume: synced", "resume: counts"),
    *_points(Scene.RESUME, "resume: whole", "resume: kept", "resume: finishes", "resume: finished"),
    Failpoint("resume: counted", Scene.RESUME, passes=1),
    *_points(Scene.SEND, "claim: begins", "claim: begun"),
    *_points(Scene.SEND, "decode: begins", "decode: child runs", "decode: decoded"),
    Failpoint("hear: window heard", Scene.SEND, passes=6),
    Failpoint("hear: commits", Scene.SEND, passes=2),
    Failpoint("hear: committed", Scene.SEND, passes=2),
    *_points(Scene.SEND, "tell apart: begins", "tell apart: ends", "keep: commits", "keep: committed"),
    *_points(Scene.SEND, "extract: found", "extract: commits", "extract: committed"),
    *_points(Scene.SEND, "finish: commits", "finish: committed"),
    *_points(Scene.SEND, "notify: leases", "notify: leased", "notify: sent", "notify: notes", "notify: noted"),
    *_points(Scene.EDIT, "edit: commits", "edit: committed"),
    *_points(Scene.WITHDRAW, "withdraw: commits", "withdraw: committed"),
    *_points(Scene.WITHDRAW, "erase: begins", "erase: sound gone", "erase: row goes", "erase: rows gone"),
    *_points(Scene.WITHDRAW, "erase: certifies", "erase: certified"),
    *_points(Scene.ORPHAN, "take over: released", "take over: requeued", "take over: buries"),
    *_points(Scene.SEND, f"upload: committed{UNHEARD}"),
    *_points(Scene.PLAN, f"plan: committed{UNHEARD}"),
    *_points(Scene.RESUME, f"resume: begun{UNHEARD}", f"resume: finished{UNHEARD}"),
    Failpoint(f"resume: counted{UNHEARD}", Scene.RESUME, passes=1),
    *_points(Scene.EDIT, f"edit: committed{UNHEARD}"),
    *_points(Scene.WITHDRAW, f"withdraw: committed{UNHEARD}"),
    Failpoint(f"hear: committed{UNHEARD}", Scene.SEND, passes=2),
    *_points(Scene.SEND, f"keep: committed{UNHEARD}", f"extract: committed{UNHEARD}", f"finish: committed{UNHEARD}"),
    *_points(Scene.SEND, f"notify: noted{UNHEARD}"),
    *_points(Scene.WITHDRAW, f"erase: certified{UNHEARD}"),
    *_points(Scene.SEND, ANY_API, ANY_WORKER),
    *_points(Scene.RESUME, ANY_API),
    *_points(Scene.WITHDRAW, ANY_API, ANY_WORKER),
)


def arm(folder: Path, name: str, *, passes: int = 0) -> None:
    """The process that passes by next, but for `passes`, dies there."""
    # Two processes may pass by at once: each writes a file of its own.
    part = folder / f".{name}.{os.getpid()}.{threading.get_ident()}"
    part.write_text(str(passes))
    part.rename(folder / name)


def is_armed(folder: Path, name: str) -> bool:
    return (folder / name).exists()


def disarm(folder: Path, name: str) -> None:
    (folder / name).unlink(missing_ok=True)


@dataclass(frozen=True)
class Fuse:
    """What a process of a run has instead of an `if` in the service."""

    folder: Path

    def passes(self, name: str) -> None:
        if name and self._is_time(name):
            os.kill(os.getpid(), signal.SIGKILL)

    def _is_time(self, name: str) -> bool:
        try:
            left = int((self.folder / name).read_text())
            if left > 0:
                arm(self.folder, name, passes=left - 1)
                return False
            # Of two processes that come here at once, one finds the file: only that one dies.
            (self.folder / name).unlink()
        except FileNotFoundError:
            return False
        return True

    def around(self, owner: Any, attribute: str, *, before: str = "", after: str = "") -> None:
        """Wraps a function of a module or a class."""
        real = getattr(owner, attribute)

        @functools.wraps(real)
        def wrapped(*args: Any, **kwargs: Any) -> Any:
            self.passes(before)
            result = real(*args, **kwargs)
            self.passes(after)
            return result

        @functools.wraps(real)
        async def awaited(*args: Any, **kwargs: Any) -> Any:
            self.passes(before)
            result = await real(*args, **kwargs)
            self.passes(after)
            return result

        setattr(owner, attribute, awaited if inspect.iscoroutinefunction(real) else wrapped)

    def around_commits(self, told: Callable[[set[str]], tuple[str, str]]) -> None:
        """`told` says of what a transaction wrote (`+Table`, `~Table`) which failpoints are before and after it."""
        event.listen(WriteSession, "after_flush", _note)
        event.listen(WriteSession, "before_commit", lambda session: self._commits(session, told))
        event.listen(WriteSession, "after_commit", self._committed)

    def _commits(self, session: WriteSession, told: Callable[[set[str]], tuple[str, str]]) -> None:
        session.flush()
        before, session.info["after"] = told(session.info.pop("written", set()))
        self.passes(before)

    def _committed(self, session: WriteSession) -> None:
        name = session.info.pop("after", "")
        self.passes(name)
        if name and self._is_time(f"{name}{UNHEARD}"):
            raise databases.lost_answer()


def _note(session: WriteSession, _context: object) -> None:
    written = session.info.setdefault("written", set())
    written |= {f"+{type(row).__name__}" for row in session.new}
    for row in session.dirty:
        written.add(f"~{type(row).__name__}")
        if isinstance(row, models.Delivery) and row.status == "delivered":
            written.add("delivered")
        if isinstance(row, models.Erasure) and row.completed_at is not None:
            written.add("certified")


# The first whose marks a transaction all has is what it does.
COMMITS: tuple[tuple[set[str], str, str], ...] = (
    ({"+Recording", "~Upload"}, "resume: finishes", "resume: finished"),
    ({"+Recording"}, "upload: commits", "upload: committed"),
    ({"+Interview"}, "plan: commits", "plan: committed"),
    ({"+Upload"}, "resume: begins", "resume: begun"),
    ({"~Upload"}, "resume: counts", "resume: counted"),
    ({"+HeardChunk"}, "hear: commits", "hear: committed"),
    ({"+Transcript", "~Job"}, "keep: commits", "keep: committed"),
    ({"+Transcript"}, "edit: commits", "edit: committed"),
    ({"+Insight"}, "extract: commits", "extract: committed"),
    ({"+Erasure"}, "withdraw: commits", "withdraw: committed"),
    ({"certified"}, "erase: certifies", "erase: certified"),
    ({"delivered"}, "notify: notes", "notify: noted"),
    ({"+Delivery", "~Job"}, "finish: commits", "finish: committed"),
)


def _of_commit(written: set[str]) -> tuple[str, str]:
    return next(((before, after) for marks, before, after in COMMITS if marks <= written), ("", ""))


def lay(folder: Path) -> None:
    """Lays what is for any process, before anything of the service runs in this one."""
    fuse = Fuse(folder)
    fuse.around_commits(_of_commit)
    fuse.around(uploads.Receiver, "take", after="upload: written")
    fuse.around(Recordings, "keep", before="upload: staged", after="upload: kept")
    fuse.around(Recordings, "keep_also", before="resume: whole", after="resume: kept")
    fuse.around(spools, "sync", after="resume: synced")
    fuse.around(erasures, "_erase_sound", before="erase: begins", after="erase: sound gone")
    fuse.around(erasures, "_forget_recording", after="erase: row goes")
    fuse.around(search, "purge", before="erase: rows gone")


def lay_for_worker(folder: Path) -> None:
    """Lays what only a worker passes by."""
    from workers import audio, jobs, steps, supervision  # noqa: PLC0415  an API has none of them
    from workers.sending import Sender  # noqa: PLC0415

    fuse = Fuse(folder)
    fuse.around(claims, "begin", after="claim: begins")
    fuse.around(jobs, "_carry_out", before="claim: begun")
    fuse.around(audio, "decode", before="decode: begins", after="decode: decoded")
    fuse.around(audio, "_hear", before="decode: child runs")
    fuse.around(steps, "_hear_window", after="hear: window heard")
    fuse.around(steps, "tell_apart", before="tell apart: begins", after="tell apart: ends")
    fuse.around(insights, "find_in", after="extract: found")
    fuse.around(deliveries, "lease", after="notify: leases")
    fuse.around(Sender, "send", before="notify: leased", after="notify: sent")
    fuse.around(jobs, "take_over", before="take over: released", after="take over: requeued")
    fuse.around(supervision, "_bury", after="take over: buries")
