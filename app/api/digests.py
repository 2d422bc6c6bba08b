"""What a client says that the hash of its bytes is (RFC 9530), read from headers and held against what came."""

import hashlib
from collections.abc import AsyncIterator, Mapping
from typing import Any

from http_sf import parse

from app.errors import DigestMismatch, FieldInvalid, MultipartInvalid
from app.uploads import FORM_BYTES

ALGORITHM = "sha-256"
CONTENT, WHOLE = "Content-Digest", "Repr-Digest"
PREFERENCE = "sha-256=10"
EXAMPLE = "sha-256=:n4bQgYhMfWWaL+qgxVrQFaO/TxsrC4Is0V1sFbDwCgg=:"


def said(headers: Mapping[str, str], *names: str) -> frozenset[str]:
    """The SHA-256 in these headers, in hex. Raises FieldInvalid when one of them cannot be read.

    Another hash may stand beside ours, or alone: then there is nothing for us to check (RFC 9530, 2).
    """
    found = (_sha256(name, headers[name.lower()]) for name in names or (CONTENT, WHOLE) if name.lower() in headers)
    return frozenset(one for one in found if one is not None)


def _sha256(name: str, value: str) -> str | None:
    try:
        found: Any = parse(value.encode("latin-1"), tltype="dictionary")
    except ValueError:
        raise _unreadable(name) from None
    if ALGORITHM not in found:
        return None
    digest, _parameters = found[ALGORITHM]
    if not isinstance(digest, bytes) or len(digest) != hashlib.sha256().digest_size:
        raise _unreadable(name)
    return digest.hex()


def _unreadable(name: str) -> FieldInvalid:
    return FieldInvalid(f"/header/{name}", "Write it as sha-256=:base64 of 32 bytes: (RFC 9530).")


class Watched:
    """A body that is hashed as it comes, when there is something to hold it against."""

    def __init__(self, chunks: AsyncIterator[bytes], digests: frozenset[str]) -> None:
        self._chunks, self._digests = chunks, digests
        self._hash = hashlib.sha256()

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self

    async def __anext__(self) -> bytes:
        chunk = await anext(self._chunks)
        if self._digests:
            self._hash.update(chunk)
        return chunk

    async def check(self) -> None:
        """Reads what is left. Raises DigestMismatch, and MultipartInvalid when far too much is."""
        if not self._digests:
            return
        left = 0
        async for chunk in self:
            left += len(chunk)
            if left > FORM_BYTES:
                raise MultipartInvalid("The form goes on long after its end.")
        check(self._hash.hexdigest(), self._digests)


def check(sha256: str, digests: frozenset[str]) -> None:
    """Raises DigestMismatch when one of the digests that were said is another."""
    if digests - {sha256}:
        raise mismatch()


def mismatch() -> DigestMismatch:
    return DigestMismatch("It was changed on the way: send it again.")


def parameter(name: str, about: str) -> dict[str, Any]:
    return {
        "name": name,
        "in": "header",
        "required": False,
        "description": f"{about} (RFC 9530). If it is another, nothing is kept.",
        "schema": {"type": "string"},
        "example": EXAMPLE,
    }


PARAMETERS = [
    parameter(CONTENT, "The SHA-256 of this request's body; in a form, also as a header of the file's part"),
    parameter(WHOLE, "The same, where a client knows it by that name"),
]
