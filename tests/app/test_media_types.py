import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.media_types import HEAD_BYTES, KINDS, id3_bytes, sniff

ADTS = bytes.fromhex("fff14c801f3ffc") + bytes(249 - 7)  # one frame of 249 bytes
MP3 = bytes.fromhex("fffb9064") + bytes(417 - 4)  # MPEG-1 layer 3, 128 kbit/s, 44.1 kHz
MP3_8K = bytes.fromhex("ffe318c4") + bytes(72 - 4)  # MPEG-2.5 layer 3, 8 kbit/s, 8 kHz
EBML = bytes.fromhex("1a45dfa3 9f 4286 81 01 42f7 81 01 42f2 81 04 42f3 81 08 4282".replace(" ", ""))


def atom(name: bytes, size: int = 32) -> bytes:
    return size.to_bytes(4, "big") + name + bytes(24)


@pytest.mark.parametrize(
    ("head", "kind"),
    [
        (b"\x00\x00\x00\x1cftypM4A \x00\x00\x00\x00M4A mp42isom", "mp4"),
        (b"\x00\x00\x00\x20ftypisom", "mp4"),
        (b"\x00\x00\x00\x14ftypqt  ", "mov"),
        (b"\x00\x00\x00\x18ftyp3gp4", "3gp"),
        (atom(b"moov"), "mov"),
        (atom(b"wide", 8), "mov"),
        (atom(b"free"), "mov"),
        (atom(b"mdat", 1), "mov"),
        (atom(b"mdat", 3_000_000_000), "mov"),
        (b"ID3\x04\x00\x00\x00\x00\x02\x01", "mp3"),
        (MP3 + MP3, "mp3"),
        (MP3_8K * 3, "mp3"),
        (b"RIFF\x24\x08\x00\x00WAVEfmt ", "wav"),
        (b"RF64\xff\xff\xff\xffWAVEds64", "wav"),
        (b"riff\x2e\x91\xcf\x11\xa5\xd6\x28\xdb\x04\xc1\x00\x00" + bytes(24), "w64"),
        (b"OggS\x00\x02" + bytes(20), "ogg"),
        (EBML + b"\x84webm\x42\x87\x81\x04", "webm"),
        (EBML + b"\x88matroska\x42\x87\x81\x04", "matroska"),
        (b"fLaC\x00\x00\x00\x22", "flac"),
        (ADTS + ADTS, "aac"),
        (b"caff\x00\x01\x00\x00desc", "caf"),
        (b"#!AMR\n\x3c", "amr"),
        (b"#!AMR-WB\n\x44", "amr"),
        (b"FORM\x00\x00\x10\x00AIFFCOMM", "aiff"),
        (b"FORM\x00\x00\x10\x00AIFCFVER", "aiff"),
        (bytes.fromhex("3026b2758e66cf11a6d900aa0062ce6c") + bytes(8), "asf"),
    ],
)
def test_a_recording_is_known_by_its_first_bytes(head: bytes, kind: str) -> None:
    assert sniff(head) == kind
    assert kind in KINDS


@pytest.mark.parametrize(
    "head",
    [
        b"",
        b"ffconcat version 1.0\nfile good.m4a",
        b"#EXTM3U\n#EXT-X-VERSION:3\nsegment.ts\n",
        b"<!DOCTYPE html><html><body>Sign in</body></html>",
        b"<?xml version='1.0'?><MPD xmlns='urn:mpeg:dash:schema:mpd:2011'/>",
        b"PK\x03\x04\x14\x00\x00\x00\x08\x00",
        b"%PDF-1.7\n",
        b"\xff\xd8\xff\xe0\x00\x10JFIF\x00",
        b"\x89PNG\r\n\x1a\n",
        b"GIF89a",
        b"RIFF\x24\x08\x00\x00AVI LIST",
        b"RIFF\x24\x08\x00\x00WEBPVP8 ",
        b"FORM\x00\x00\x10\x008SVXVHDR",
        b"\x00\x00\x00\x18ftypheic\x00\x00\x00\x00mif1",
        b"\x00\x00\x00\x1cftypavif\x00\x00\x00\x00",
        b"ID3 is what taggers put in front",
        b"1234free of charge",
        b"OggS, a format",
        b"fLa",
        b"\x1a\x45\xdf\xa3 some other ebml",
        b"v=0\r\no=- 0 0 IN IP4 127.0.0.1\r\n",
        MP3[:200],
        MP3 + b"not a second frame",
        ADTS + b"not a second frame",
        b"\xff\xfe" + "Hello, I am UTF-16".encode("utf-16-le"),
        b"\x7fELF\x02\x01\x01",
    ],
)
def test_what_is_no_recording_has_no_kind(head: bytes) -> None:
    assert sniff(head) is None


@given(st.text(min_size=1))
def test_no_text_without_control_characters_is_a_recording(text: str) -> None:
    printable = "".join(character for character in text if character.isprintable())
    assert sniff(printable.encode()) is None


@given(st.binary(max_size=HEAD_BYTES))
def test_any_bytes_give_a_known_kind_or_none(head: bytes) -> None:
    assert sniff(head) in {*KINDS, None}


def test_the_first_4096_bytes_decide() -> None:
    head = MP3 * 12
    assert sniff(head[:HEAD_BYTES]) == sniff(head) == "mp3"


def test_a_lone_frame_is_known_when_it_is_all_there_is() -> None:
    assert sniff(MP3) == "mp3"
    assert sniff(ADTS) == "aac"


@pytest.mark.parametrize(
    ("head", "length"),
    [
        (b"ID3\x04\x00\x00\x00\x00\x02\x01", 10 + 257),
        (b"ID3\x04\x00\x10\x00\x00\x00\x01", 10 + 1 + 10),
        (b"ID3\x04\x00", 0),
        (MP3 + MP3, 0),
        (b"", 0),
    ],
)
def test_an_id3_tag_says_how_long_it_is(head: bytes, length: int) -> None:
    assert id3_bytes(head) == length


def test_every_kind_has_a_suffix_of_its_own() -> None:
    assert len({kind.suffix for kind in KINDS.values()}) == len(KINDS)
    assert all("/" in kind.media_type for kind in KINDS.values())
