"""Byte ranges of a download (RFC 9110, section 14): one range is honoured, several are answered with the whole."""

import re

from app.errors import RangeInvalid

ONE_RANGE = re.compile(r"bytes=([0-9]{0,18})-([0-9]{0,18})")


def parse(header: str | None, size_bytes: int) -> tuple[int, int] | None:
    """The bytes asked for as (start, end), end exclusive; None: send the whole.

    A header that cannot be understood is ignored, as the RFC says. Raises RangeInvalid when the range is understood
    and lies outside.
    """
    match = ONE_RANGE.fullmatch((header or "").strip())
    if match is None or match.group(0) == "bytes=-":
        return None
    first, last = match.groups()
    if first == "":
        start, end = max(0, size_bytes - int(last)), size_bytes
    else:
        start, end = int(first), min(int(last) + 1, size_bytes) if last else size_bytes
        if last and int(last) < start:
            return None
    if start >= end:
        raise RangeInvalid(f"The recording has {size_bytes} bytes.", size_bytes=size_bytes)
    return start, end
