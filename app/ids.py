"""Typed, sortable ids: a three-letter kind, an underscore, and a UUIDv7 in hex (RFC 9562)."""

import re
from enum import StrEnum

from uuid_utils import uuid7


class Kind(StrEnum):
    OWNER = "own"
    KEY = "key"
    INTERVIEW = "int"
    RECORDING = "rec"
    CONSENT = "con"
    ERASURE = "era"
    JOB = "job"
    TRANSCRIPT = "tra"
    INSIGHT = "ins"
    CONTACT = "ctc"
    QUESTION = "qst"
    UPLOAD = "upl"
    WEBHOOK = "whk"
    DELIVERY = "dlv"
    REQUEST = "req"


def new(kind: Kind) -> str:
    """A fresh id. Ids made later sort later, so an id is also a page's cursor."""
    return f"{kind}_{uuid7().hex}"


def pattern(kind: Kind) -> str:
    """The regular expression every id of this kind matches, for schemas."""
    return f"^{kind}_[0-9a-f]{{32}}$"


def is_a(kind: Kind, text: str) -> bool:
    return re.fullmatch(pattern(kind), text) is not None
