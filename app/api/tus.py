"""tus 1.0.0 as headers: what a request says, what an answer tells, and the methods a proxy would not let through."""

import re
from base64 import b64decode
from collections.abc import Mapping
from dataclasses import dataclass
from email.utils import format_datetime
from typing import Any

from fastapi import Response
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app import ids, models
from app.api import digests
from app.errors import CandidError, ChecksumMismatch, FieldInvalid, MediaTypeRefused, TusInvalid, TusVersionUnknown
from app.resumables import Promise

VERSION = "1.0.0"
EXTENSIONS = "creation,creation-with-upload,expiration,checksum,termination"
# Every tus server knows sha1; for anybody who may choose, there is the other.
ALGORITHMS = ("sha1", "sha256")
# What the extensions send that are not spoken. Passed over, a part would become an interview as if it were the whole.
UNSPOKEN = ("Upload-Concat", "Upload-Defer-Length")
PIECE = "application/offset+octet-stream"
ROOT = "/v1/uploads"
OVERRIDES = ("DELETE", "HEAD", "PATCH")
MAX_ABOUT_LENGTH = 16 * 1024
NUMBER = re.compile(r"\d{1,18}", re.ASCII)
# What Uppy and others say of every file without being asked, and what is no fact about an interview.
PASSED_OVER = frozenset({"name", "type", "filetype", "relativePath"})

EXAMPLE = "consent dHJ1ZQ==,filename bWVtby5tNGE="
ABILITIES = {
    "Tus-Version": "The version of tus that is spoken.",
    "Tus-Extension": "What of tus is spoken beyond its core.",
    "Tus-Max-Size": "How many bytes a recording may have.",
    "Tus-Checksum-Algorithm": "What Upload-Checksum may be.",
    "Want-Repr-Digest": "The digest that is checked and sent (RFC 9530).",
}


@dataclass(frozen=True)
class Description:
    """What Upload-Metadata says: fields as a form has them, the file's name, and the planned interview if any."""

    fields: dict[str, str]
    filename: str | None = None
    interview_id: str | None = None


def check_version(headers: Mapping[str, str]) -> None:
    """Raises TusVersionUnknown."""
    if headers.get("tus-resumable") != VERSION:
        raise TusVersionUnknown(f"Send the header Tus-Resumable: {VERSION}.")


def check_spoken(headers: Mapping[str, str]) -> None:
    """Raises TusInvalid."""
    for name in UNSPOKEN:
        if name.lower() in headers:
            raise TusInvalid(f"{name} is of an extension that is not spoken here: send one upload, of a known length.")


def number(headers: Mapping[str, str], name: str) -> int:
    """Raises TusInvalid."""
    value = headers.get(name.lower(), "")
    if NUMBER.fullmatch(value) is None:
        raise TusInvalid(f"{name} must be a number of bytes.")
    return int(value)


def carries_piece(headers: Mapping[str, str]) -> bool:
    """Whether a new upload brings its first bytes along. Raises MediaTypeRefused."""
    if "content-type" not in headers:
        return False
    check_piece(headers)
    return True


def check_piece(headers: Mapping[str, str]) -> None:
    """Raises MediaTypeRefused."""
    if headers.get("content-type", "").partition(";")[0].strip().lower() != PIECE:
        raise MediaTypeRefused(f"Send the bytes as {PIECE}.")


def description(about: str) -> Description:
    """Raises TusInvalid, FieldInvalid."""
    if len(about) > MAX_ABOUT_LENGTH:
        raise TusInvalid(f"Upload-Metadata may have at most {MAX_ABOUT_LENGTH} characters.")
    fields: dict[str, str] = {}
    for pair in filter(None, (pair.strip() for pair in about.split(","))):
        name, _, value = pair.partition(" ")
        if name in fields:
            raise TusInvalid("A name comes twice in Upload-Metadata.")
        fields[name] = _decoded(value)
    filename = fields.get("filename", fields.get("name"))
    interview_id = fields.pop("interview_id", None)
    if interview_id is not None and not ids.is_a(ids.Kind.INTERVIEW, interview_id):
        raise FieldInvalid("/interview_id", "An interview's id begins with int_.")
    known = {name: value for name, value in fields.items() if name not in PASSED_OVER}
    return Description(known, filename, interview_id)


def _decoded(value: str) -> str:
    try:
        return b64decode(value, validate=True).decode()
    except ValueError:
        raise TusInvalid("Upload-Metadata is name, space, base64 of UTF-8; and a comma before the next.") from None


def promises(headers: Mapping[str, str]) -> list[Promise]:
    """The hashes that the body is said to have. Raises TusInvalid, FieldInvalid."""
    said = digests.said(headers, digests.CONTENT)
    found = [Promise("sha256", bytes.fromhex(one), digests.mismatch()) for one in said]
    if "upload-checksum" in headers:
        found.append(_checksum(headers["upload-checksum"]))
    return found


def _checksum(value: str) -> Promise:
    algorithm, _, text = value.partition(" ")
    if algorithm not in ALGORITHMS:
        raise TusInvalid(f"Upload-Checksum takes {' or '.join(ALGORITHMS)}.")
    try:
        digest = b64decode(text, validate=True)
    except ValueError:
        raise TusInvalid("Upload-Checksum is an algorithm, a space, and a hash in base64.") from None
    return Promise(algorithm, digest, broken())


def broken() -> CandidError:
    return ChecksumMismatch("It was changed on the way, and is thrown away: send it again from the same offset.")


def path_of(upload: models.Upload) -> str:
    return f"{ROOT}/{upload.id}"


def state(upload: models.Upload) -> dict[str, str]:
    """Where the upload stands. A finished one leads to its interview."""
    offset = {"Upload-Offset": str(upload.offset_bytes)}
    if upload.finished_at is not None:
        return offset | {"Candid-Interview": f"/v1/interviews/{upload.interview_id}"}
    return offset | {"Upload-Expires": format_datetime(upload.expires_at, usegmt=True)}


def shown(upload: models.Upload) -> Response:
    """The answer to HEAD."""
    headers = state(upload) | {"Upload-Length": str(upload.size_bytes)}
    if upload.about:
        headers["Upload-Metadata"] = upload.about
    return Response(headers=headers)


def abilities(max_bytes: int) -> dict[str, str]:
    """The answer to OPTIONS, as `ABILITIES` explains it."""
    return {
        "Tus-Version": VERSION,
        "Tus-Extension": EXTENSIONS,
        "Tus-Max-Size": str(max_bytes),
        "Tus-Checksum-Algorithm": ",".join(ALGORITHMS),
        "Want-Repr-Digest": digests.PREFERENCE,
    }


class Spoken:
    """ASGI middleware: says the version on every answer about uploads, failures too, and heeds the method meant.

    Some proxies let only GET and POST through: X-HTTP-Method-Override says what a POST was meant to be.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not f"{scope['path']}/".startswith(f"{ROOT}/"):
            await self.app(scope, receive, send)
            return

        async def send_said(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message)["Tus-Resumable"] = VERSION
            await send(message)

        meant = Headers(scope=scope).get("x-http-method-override", "").upper()
        if scope["method"] == "POST" and meant in OVERRIDES:
            scope["method"] = meant
        await self.app(scope, receive, send_said)


def parameter(name: str, about: str, *, required: bool = False, **schema: Any) -> dict[str, Any]:
    return {
        "name": name,
        "in": "header",
        "required": required,
        "description": about,
        "schema": {"type": "string", **schema},
    }


SPEAKS = parameter("Tus-Resumable", "The version of tus that is spoken.", required=True, enum=[VERSION])
