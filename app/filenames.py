"""A client's file name, made harmless: it is shown and sent back, never used as a path."""

import unicodedata
from urllib.parse import quote

MAX_BYTES = 255


def tidy(name: str | None) -> str | None:
    """The last part of the name in NFC, without control and direction characters; None when nothing is left."""
    last = (name or "").replace("\\", "/").rpartition("/")[2]
    # Cc: control; Cf: invisible and direction marks, which can make "gpj.exe" read as "exe.jpg"; Cs: lone surrogates.
    kept = "".join(c for c in unicodedata.normalize("NFC", last) if unicodedata.category(c) not in ("Cc", "Cf", "Cs"))
    cut = kept.strip(" .").encode()[:MAX_BYTES].decode(errors="ignore")
    return cut or None


def attachment(name: str) -> str:
    """A Content-Disposition that saves under `name` (RFC 6266, with the RFC 8187 form for other alphabets)."""
    return f"attachment; filename*=UTF-8''{quote(name, safe='')}"
