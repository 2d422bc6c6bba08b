"""ETags: what names a version of a thing, and whether the one that a caller has read is still the current one."""

import hashlib
import json
import re
from typing import Any

from app.errors import VersionMismatch


def digest(shown: Any) -> str:
    """What is shown, as 16 hex digits: another when anything of it is another."""
    return hashlib.sha256(json.dumps(shown, sort_keys=True).encode()).hexdigest()[:16]


def of_bytes(body: bytes) -> str:
    """A strong ETag of what is made whenever it is asked for: the bytes name themselves."""
    return f'"{hashlib.sha256(body).hexdigest()[:32]}"'


def check(if_match: str | None, *, current: str, what: str) -> None:
    """Raises VersionMismatch when `If-Match` is there and names another version of `what` than `current`.

    Of a tag counts what stands before its first `.` or `-`: the rest is nobody's edit, such as a job's progress, or
    how it was shown.
    """
    if if_match is None or if_match.strip() == "*":
        return
    read = {re.split("[.-]", tag.strip().strip('"'))[0] for tag in if_match.split(",")}
    if current not in read:
        raise VersionMismatch(f"Somebody changed this {what} since you read it. Read it again.")
