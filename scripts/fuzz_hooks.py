"""What schemathesis cannot know of its own: bytes that begin like a recording, and how to send them and subtitles.

Behind such a beginning anything may come: what it is worth is found out by the worker, long after the answer.
"""

from typing import Any

import schemathesis
from hypothesis import strategies as st

BEGINNINGS = (
    b"RIFF\x24\x00\x00\x00WAVEfmt ",
    b"ID3\x04\x00\x00\x00\x00\x00\x00",
    b"OggS\x00\x02",
    b"fLaC\x00\x00\x00\x22",
    b"\x00\x00\x00\x1cftypM4A \x00\x00\x00\x00",
)

schemathesis.openapi.format("binary", st.builds(bytes.__add__, st.sampled_from(BEGINNINGS), st.binary(max_size=500)))


@schemathesis.serializer("audio/*", "application/offset+octet-stream")
def send_as_it_is(_context: Any, value: Any) -> bytes:
    return value if isinstance(value, bytes) else str(value).encode("utf-8", "replace")


@schemathesis.serializer("text/vtt", "text/markdown", "application/x-subrip")
def send_as_text(_context: Any, value: Any) -> bytes:
    return str(value).encode("utf-8", "replace")


@schemathesis.hook
def before_call(_context: Any, case: Any, _kwargs: dict[str, Any]) -> None:
    """A contact that was added by hand has no interview, and the stateful phase follows even that null to a path."""
    for name, value in (case.path_parameters or {}).items():
        if value in (None, "None"):
            case.path_parameters[name] = f"{name[:3]}_{'0' * 32}"


@schemathesis.hook
def filter_case(_context: Any, case: Any) -> bool:
    """A null in a form is sent as the text "null", which is a text like any other: nothing is wrong with it."""
    is_form = case.media_type == "multipart/form-data" and isinstance(case.body, dict)
    return not (is_form and None in case.body.values())
