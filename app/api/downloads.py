"""A recording on its way out: the whole, or one range of it, never whole through memory."""

from base64 import b64encode
from dataclasses import dataclass
from typing import Annotated

from fastapi import Header, Response
from fastapi.responses import StreamingResponse

from app import filenames, models
from app.api import deps, ranges
from app.api.bodies import not_modified
from app.recordings import Recordings


@dataclass(frozen=True)
class Asked:
    """What the request's headers ask of a download."""

    byte_range: str | None = None
    if_range: str | None = None
    if_none_match: str | None = None
    headers_only: bool = False


HEAD = Asked(headers_only=True)


def asked(
    byte_range: Annotated[str | None, Header(alias="Range", max_length=200, description="`bytes=0-1023`")] = None,
    if_range: Annotated[str | None, Header(max_length=200, description="The ETag the range is meant for.")] = None,
    if_none_match: deps.IfNoneMatch = None,
) -> Asked:
    return Asked(byte_range, if_range, if_none_match)


def answer(store: Recordings, recording: models.Recording, wanted: Asked) -> Response:
    """200, 206 or 304. Raises RangeInvalid, RecordingLost."""
    etag = f'"{recording.sha256}"'
    headers = headers_of(recording) | {"ETag": etag}
    response = Response(media_type=recording.media_type)
    not_modified(response, etag, wanted.if_none_match)
    # Now, while it can still be said: once the answer has begun, all that is left is to break it off.
    store.check_there(recording.key)
    if wanted.headers_only:
        return Response(
            headers=headers | {"Content-Length": str(recording.size_bytes)}, media_type=recording.media_type
        )
    # A range that was meant for other bytes is answered with the whole of these.
    meant = wanted.if_range is None or wanted.if_range.strip() == etag
    span = ranges.parse(wanted.byte_range, recording.size_bytes) if meant else None
    start, end = span or (0, recording.size_bytes)
    headers["Content-Length"] = str(end - start)
    if span:
        headers["Content-Range"] = f"bytes {start}-{end - 1}/{recording.size_bytes}"
    else:
        headers["Content-Digest"] = headers["Repr-Digest"]
    return StreamingResponse(
        store.read(recording.key, start, end),
        status_code=206 if span else 200,
        headers=headers,
        media_type=recording.media_type,
    )


def headers_of(recording: models.Recording) -> dict[str, str]:
    # nosniff, sandbox and attachment: a recording that is also a web page must never act as one.
    digest = b64encode(bytes.fromhex(recording.sha256)).decode()
    return {
        "Accept-Ranges": "bytes",
        "Repr-Digest": f"sha-256=:{digest}:",
        "Content-Disposition": filenames.attachment(recording.filename or f"{recording.interview_id}.audio"),
        "Content-Security-Policy": "sandbox",
        "Cache-Control": "private, no-store",
    }
