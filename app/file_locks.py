"""Files held by one at a time, in whatever process; the kernel lets go when the holder dies."""

from typing import IO


def take(file: IO[bytes] | IO[str], *, wait: bool = False) -> bool:
    """Holds the file until it is closed; False when somebody else holds it, or where nobody can be known to."""
    # Windows has no flock.
    try:
        import fcntl  # noqa: PLC0415  absent on Windows
    except ImportError:
        return False
    try:
        fcntl.flock(file, fcntl.LOCK_EX if wait else fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
