"""What kind of recording some first bytes are: by magic bytes, never by a name or a declared type."""
# ruff: noqa: PLR2004 - the numbers are the formats' own bit fields and are named by the lines they stand in

import re
from dataclasses import dataclass

HEAD_BYTES = 4096
"""How many first bytes `sniff` wants to see; it looks at no more."""


@dataclass(frozen=True, slots=True)
class Kind:
    """A container we take: what a browser calls it, and the suffix a downloaded file gets."""

    media_type: str
    suffix: str


KINDS = {
    "mp4": Kind("audio/mp4", ".m4a"),
    "mov": Kind("video/quicktime", ".mov"),
    "3gp": Kind("audio/3gpp", ".3gp"),
    "mp3": Kind("audio/mpeg", ".mp3"),
    "wav": Kind("audio/wav", ".wav"),
    "w64": Kind("audio/x-w64", ".w64"),
    "ogg": Kind("audio/ogg", ".ogg"),
    "webm": Kind("audio/webm", ".webm"),
    "matroska": Kind("audio/x-matroska", ".mka"),
    "flac": Kind("audio/flac", ".flac"),
    "aac": Kind("audio/aac", ".aac"),
    "caf": Kind("audio/x-caf", ".caf"),
    "amr": Kind("audio/amr", ".amr"),
    "aiff": Kind("audio/aiff", ".aiff"),
    "asf": Kind("audio/x-ms-wma", ".wma"),
}

_MAGIC = (
    (re.compile(rb"(RIFF|RF64|BW64)....WAVE", re.DOTALL), "wav"),
    (re.compile(rb"riff\x2e\x91\xcf\x11\xa5\xd6\x28\xdb\x04\xc1\x00\x00"), "w64"),
    (re.compile(rb"FORM....AIF[FC]", re.DOTALL), "aiff"),
    (re.compile(rb"OggS\x00"), "ogg"),
    (re.compile(rb"fLaC"), "flac"),
    (re.compile(rb"caff\x00\x01"), "caf"),
    (re.compile(rb"#!AMR(-WB)?\n"), "amr"),
    (re.compile(rb"\x30\x26\xb2\x75\x8e\x66\xcf\x11\xa6\xd9\x00\xaa\x00\x62\xce\x6c"), "asf"),
    # EBML is a language, not a format: the document type inside the first element says which.
    (re.compile(rb"\x1a\x45\xdf\xa3.{0,60}\x42\x82.{1,8}webm", re.DOTALL), "webm"),
    (re.compile(rb"\x1a\x45\xdf\xa3.{0,60}\x42\x82.{1,8}matroska", re.DOTALL), "matroska"),
    # Version and sizes are bytes no text has: "ID3 is a tag" does not match.
    (re.compile(rb"ID3[\x02-\x04][\x00-\x0f][\x00-\xf0][\x00-\x7f]{4}", re.DOTALL), "mp3"),
)

# HEIC and AVIF photographs are ISO base media too; they begin with the same `ftyp` as a Voice Memo.
_PICTURE_BRANDS = frozenset({b"heic", b"heix", b"heim", b"heis", b"mif1", b"msf1", b"avif", b"avis", b"crx "})


def sniff(head: bytes) -> str | None:
    """The key in `KINDS` of a recording that begins with `head` (its first bytes, 4096 are enough), or None.

    A door, not a proof: what passes may still be damaged. `head` shorter than two frames is too short to know
    an MPEG stream (mp3, ADTS) by.
    """
    head = head[:HEAD_BYTES]
    for magic, kind in _MAGIC:
        if magic.match(head):
            return kind
    return _iso_media(head) or _mpeg_stream(head)


def id3_bytes(head: bytes) -> int:
    """The length of the ID3v2 tag that `head` begins with; 0 when there is none.

    Taggers put ID3 in front of ADTS and FLAC as well, and a cover picture makes it longer than any head:
    to know what is really there, look again behind it.
    """
    if len(head) < 10 or sniff(head) != "mp3" or not head.startswith(b"ID3"):
        return 0
    size = 0
    for byte in head[6:10]:
        size = size << 7 | byte
    footer = 10 if head[5] & 0x10 else 0
    return 10 + size + footer


def _iso_media(head: bytes) -> str | None:
    size, atom, brand = int.from_bytes(head[:4], "big"), head[4:8], head[8:12]
    if atom == b"ftyp" and 8 <= size <= HEAD_BYTES:
        if brand in _PICTURE_BRANDS:
            return None
        if brand == b"qt  ":
            return "mov"
        return "3gp" if brand.startswith((b"3gp", b"3g2")) else "mp4"
    # QuickTime older than `ftyp`. A size under 16 MiB has a zero byte, so that text ("1234free") has none of these;
    # only `mdat` is ever large, and its size is 1 when it needs 64 bits.
    if atom in {b"moov", b"wide", b"free", b"skip"} and 8 <= size < 1 << 24:
        return "mov"
    return "mov" if atom == b"mdat" and (size in {0, 1} or size >= 8) else None


def _mpeg_stream(head: bytes) -> str | None:
    """Two whole frames in a row, alike: one sync word alone turns up in every few KB of noise."""
    for kind, frame_bytes in (("aac", _adts_frame_bytes), ("mp3", _mp3_frame_bytes)):
        first = frame_bytes(head)
        if first and (len(head) == first or (frame_bytes(head[first:]) and head[1] == head[first + 1])):
            return kind
    return None


def _adts_frame_bytes(head: bytes) -> int:
    if len(head) < 7 or head[0] != 0xFF or head[1] & 0xF6 != 0xF0 or head[2] >> 2 & 15 > 12:
        return 0
    length = (head[3] & 3) << 11 | head[4] << 3 | head[5] >> 5
    return length if length > 7 else 0


_MP3_KBITS = {
    # layer (1, 2, 3) of MPEG-1, then of MPEG-2 and 2.5, by the four bits of the header (ISO 11172-3, 13818-3)
    (1, 1): (0, 32, 64, 96, 128, 160, 192, 224, 256, 288, 320, 352, 384, 416, 448),
    (1, 2): (0, 32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384),
    (1, 3): (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320),
    (2, 1): (0, 32, 48, 56, 64, 80, 96, 112, 128, 144, 160, 176, 192, 224, 256),
    (2, 2): (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
    (2, 3): (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
}


def _mp3_frame_bytes(head: bytes) -> int:
    """Length of the MPEG audio frame at the start of `head`; 0 when its header is not one (or of free format)."""
    if len(head) < 4 or head[0] != 0xFF or head[1] & 0xE0 != 0xE0:
        return 0
    version, layer = head[1] >> 3 & 3, 4 - (head[1] >> 1 & 3)
    kbits_index, rate_index, padding = head[2] >> 4, head[2] >> 2 & 3, head[2] >> 1 & 1
    if version == 1 or layer == 4 or kbits_index in {0, 15} or rate_index == 3:
        return 0
    kbits = _MP3_KBITS[1 if version == 3 else 2, layer][kbits_index]
    rate = (44100, 48000, 32000)[rate_index] >> {3: 0, 2: 1, 0: 2}[version]
    if layer == 1:
        return (12_000 * kbits // rate + padding) * 4
    samples = 576 if layer == 3 and version != 3 else 1152
    return samples * 125 * kbits // rate + padding
