"""Hostile recordings without end: true ones of every kind, spoiled in ways that a seed and a number decide."""

import random
import struct
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import av

from tests.workers import recordings

Chance = random.Random

# Where files say how large, how many, how fast: what stands before or after these is believed by a careless reader.
MARKS = (
    *(
        b"moov",
        b"trak",
        b"mdia",
        b"minf",
        b"stbl",
        b"stsd",
        b"stts",
        b"stsz",
        b"stsc",
        b"stco",
        b"co64",
        b"elst",
        b"mdat",
    ),
    *(b"esds", b"alac", b"mp4a", b"udta", b"meta", b"moof", b"RIFF", b"fmt ", b"data", b"FORM", b"COMM", b"SSND"),
    *(
        b"caff",
        b"desc",
        b"pakt",
        b"OggS",
        b"OpusHead",
        b"fLaC",
        b"ID3",
        b"\x1a\x45\xdf\xa3",
        b"\x16\x54\xae\x6b",
        b"Xing",
    ),
)
EXTREMES = (0, 1, 7, 8, 0x7FFF, 0xFFFF, 0x7FFFFFFF, 0x80000000, 0xFFFFFFF0, 0xFFFFFFFF)
HEADER_BYTES = 4096
# Playlists and the like, as far as libav knows them; `{}` is what they want to have opened.
PLAYLISTS = (
    "ffconcat version 1.0\nfile '{}'\n",
    "ffconcat version 1.0\nfile {}\nduration 9999999\n",
    "#EXTM3U\n#EXT-X-VERSION:3\n#EXTINF:6,\n{}\n#EXT-X-ENDLIST\n",
    '#EXTM3U\n#EXT-X-KEY:METHOD=AES-128,URI="{}"\n#EXTINF:6,\n{}\n',
    '<?xml version="1.0"?><MPD><Period><BaseURL>{}</BaseURL></Period></MPD>',
    "v=0\r\no=- 0 0 IN IP4 127.0.0.1\r\nc=IN IP4 127.0.0.1\r\nm=audio 5004 RTP/AVP 0\r\na=control:{}\r\n",
    "[playlist]\nFile1={}\nNumberOfEntries=1\n",
    'FILE "{}" WAVE\n  TRACK 01 AUDIO\n    INDEX 01 00:00:00\n',
    "{}",
)
SCHEMES = (
    "{}",
    "file:{}",
    "file://{}",
    "concat:{}|{}",
    "subfile,,start,0,end,0,,:{}",
    "crypto:{}",
    "async:{}",
    "cache:{}",
)
# What a playlist may pretend to be, so that it is let in.
DISGUISES = (
    b"",
    b"",
    b"ID3\x04\x00\x00\x00\x00\x00\x00",
    b"RIFF\xff\xff\xff\xffWAVE",
    b"OggS",
    b"fLaC",
    b"\x00\x00\x00\x18ftypM4A ",
)


@dataclass(frozen=True)
class Case:
    """One hostile recording. `how` names what was done to a recording of `kind`."""

    number: int
    kind: str
    how: str
    content: bytes


@dataclass(frozen=True)
class Larder:
    """True recordings to spoil, by kind. `canaries` are paths and URLs that nothing in a recording may reach."""

    true: dict[str, bytes]
    canaries: tuple[str, ...]
    bombs: dict[str, bytes] = field(default_factory=dict)


def stock(canaries: Sequence[str]) -> Larder:
    """A short recording of every kind that is made here, the sample interview, and bombs."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        tune = recordings.tune(1.5)
        true = {kind: recordings.write(folder, tune, kind=kind).read_bytes() for kind in recordings.ENCODINGS}
        true["stereo"] = recordings.write(folder, (tune, -tune), kind="m4a").read_bytes()
        true["surround"] = recordings.write(folder, (tune,) * 6, kind="flac").read_bytes()
        true["sample"] = recordings.SAMPLE.read_bytes()
        bombs = {
            "flac": recordings.flac_of_silence(folder, hours=20).read_bytes(),
            "clock": recordings.write(folder, tune, kind="webm", on_packet=_far_away).read_bytes(),
        }
    return Larder(true, tuple(canaries), bombs)


def _far_away(packet: av.Packet) -> av.Packet:
    if packet.pts is not None and packet.dts is not None and packet.time_base and packet.pts * packet.time_base > 1:
        packet.pts += round(500_000 / packet.time_base)
        packet.dts += round(500_000 / packet.time_base)
    return packet


def case(larder: Larder, number: int, *, seed: int) -> Case:
    """The same for the same number and seed, whatever was asked for before."""
    chance = random.Random(f"{seed}.{number}")  # noqa: S311  not a secret
    how = chance.choice([*MADE, *SPOILED, *SPOILED, *SPOILED])
    if how in MADE:
        return Case(number, how, how, MADE[how](larder, chance))
    kind = chance.choice(list(larder.true))
    content, done = larder.true[kind], []
    for name in (how, *chance.choices(list(SPOILED), k=chance.choice((0, 0, 1, 2)))):
        content = SPOILED[name](content, chance)
        done.append(name)
    return Case(number, kind, "+".join(done), content)


def _span(content: bytes, chance: Chance, *, share: float = 0.3) -> tuple[int, int]:
    start = chance.randrange(max(1, len(content)))
    return start, min(len(content), start + 1 + int(chance.random() ** 3 * share * len(content)))


def cut(content: bytes, chance: Chance) -> bytes:
    return content[: chance.randrange(len(content) + 1)]


def behead(content: bytes, chance: Chance) -> bytes:
    return content[: chance.choice((4, 8, 12, 16))] + content[chance.randrange(len(content) + 1) :]


def flip(content: bytes, chance: Chance) -> bytes:
    spoiled = bytearray(content)
    for _ in range(chance.choice((1, 3, 20, 300)) if spoiled else 0):
        spoiled[chance.randrange(len(spoiled))] ^= 1 << chance.randrange(8)
    return bytes(spoiled)


def noise(content: bytes, chance: Chance) -> bytes:
    start, end = _span(content, chance)
    return content[:start] + chance.randbytes(end - start) + content[end:]


def hole(content: bytes, chance: Chance) -> bytes:
    start, end = _span(content, chance, share=0.8)
    return content[:start] + bytes(end - start) + content[end:]


def lose(content: bytes, chance: Chance) -> bytes:
    start, end = _span(content, chance)
    return content[:start] + content[end:]


def repeat(content: bytes, chance: Chance) -> bytes:
    start, end = _span(content, chance, share=0.05)
    return content[:end] + content[start:end] * chance.choice((1, 10, 300)) + content[end:]


def exchange(content: bytes, chance: Chance) -> bytes:
    start, end = _span(content, chance)
    middle = (start + end) // 2
    return content[:start] + content[middle:end] + content[start:middle] + content[end:]


def resize(content: bytes, chance: Chance) -> bytes:
    """Sizes and counts beside the marks that containers are made of."""
    spoiled = bytearray(content)
    known = [mark for mark in MARKS if mark in content]
    for mark in chance.choices(known, k=chance.choice((1, 1, 4))) if known else ():
        at = content.find(mark, chance.randrange(len(content))) if chance.random() < 0.5 else content.find(mark)
        place = max(0, at + chance.choice((-4, len(mark), len(mark) + 4, len(mark) + 8, len(mark) + 12)))
        order = chance.choice((">I", "<I"))
        spoiled[place : place + 4] = struct.pack(order, chance.choice(EXTREMES))
    return bytes(spoiled)


def misnumber(content: bytes, chance: Chance) -> bytes:
    """Any number in the head of the file."""
    spoiled = bytearray(content)
    for _ in range(chance.choice((1, 2, 8))):
        at = chance.randrange(max(1, min(len(spoiled), HEADER_BYTES)))
        form = chance.choice((">I", "<I", ">H", "<H", "B", ">Q"))
        most = 256 ** struct.calcsize(form) - 1
        made = struct.pack(form, min(most, chance.choice((*EXTREMES, chance.getrandbits(16)))))
        spoiled[at : at + len(made)] = made
    return bytes(spoiled)


def tag(content: bytes, chance: Chance) -> bytes:
    """An ID3 tag in front, of a length that may be a lie."""
    size = bytes(chance.randrange(128) for _ in range(4))
    return b"ID3\x04\x00\x00" + size + bytes(chance.choice((0, 100, 5000))) + content


def trail(content: bytes, chance: Chance) -> bytes:
    return content + chance.choice((content, chance.randbytes(5000), b"<html><script>alert(1)</script>", b"PK\x03\x04"))


def nest(content: bytes, chance: Chance) -> bytes:
    """Boxes in boxes in boxes, before what there is."""
    depth, name = chance.choice((10, 1000, 20_000)), chance.choice((b"moov", b"udta", b"meta", b"trak"))
    boxes = b"".join(struct.pack(">I", 8 * (depth - at)) + name for at in range(depth))
    return b"\x00\x00\x00\x14ftypM4A \x00\x00\x00\x00M4A " + boxes + content


def playlist(larder: Larder, chance: Chance) -> bytes:
    target = chance.choice(SCHEMES).replace("{}", chance.choice(larder.canaries))
    text = chance.choice(PLAYLISTS).replace("{}", target).encode()
    return chance.choice(DISGUISES) + chance.choice((b"", b"\n", bytes(8))) + text


def reference(larder: Larder, chance: Chance) -> bytes:
    """A QuickTime film whose sound is said to be in another file."""
    target = chance.choice(larder.canaries).encode()
    url = b"url " + bytes(4) + target + b"\x00"
    alias = b"alis" + bytes(4) + struct.pack(">H", 0) + bytes(148) + struct.pack(">hH", 18, len(target)) + target
    entry = chance.choice((url, alias + bytes(len(alias) % 2) + b"\xff\xff\x00\x00"))
    made = struct.pack(">II", 0, 1) + struct.pack(">I", len(entry) + 4) + entry
    return rebox(
        larder.true[chance.choice(("mov", "mov-pcm"))], ("moov", "trak", "mdia", "minf", "dinf", "dref"), lambda _: made
    )


def polyglot(larder: Larder, chance: Chance) -> bytes:
    """The head of one kind, the body of another."""
    head, body = chance.choices(list(larder.true.values()), k=2)
    return head[: chance.choice((12, 64, 512, 4096))] + body


def crowd(larder: Larder, chance: Chance) -> bytes:
    """A film of thousands of tracks."""
    film = larder.true[chance.choice(("mp4", "m4a", "mov", "3gp"))]

    def many(content: bytes) -> bytes:
        start, end = find_box(content, "trak")
        return content[:start] + content[start:end] * chance.choice((2, 100, 1000, 3000)) + content[end:]

    return rebox(film, ("moov",), many)


def bomb(larder: Larder, chance: Chance) -> bytes:
    """Far more sound than bytes."""
    return larder.bombs[chance.choice(list(larder.bombs))]


def chained(larder: Larder, chance: Chance) -> bytes:
    return larder.true[chance.choice(("opus", "ogg-flac", "mp3", "aac", "flac"))] * chance.choice((2, 30, 200))


def junk(larder: Larder, chance: Chance) -> bytes:
    del larder
    return chance.choice(DISGUISES) + chance.randbytes(chance.choice((0, 1, 50, 5000, 200_000)))


SPOILED: dict[str, Callable[[bytes, Chance], bytes]] = {
    function.__name__: function
    for function in (cut, behead, flip, noise, hole, lose, repeat, exchange, resize, misnumber, tag, trail, nest)
}
MADE: dict[str, Callable[[Larder, Chance], bytes]] = {
    function.__name__: function for function in (playlist, reference, polyglot, crowd, bomb, chained, junk)
}


def find_box(content: bytes, name: str) -> tuple[int, int]:
    """Where the first box of that name begins and ends, among the boxes that `content` is."""
    at = 0
    while at + 8 <= len(content):
        size = int.from_bytes(content[at : at + 4], "big") or len(content) - at
        if content[at + 4 : at + 8] == name.encode():
            return at, at + size
        at += max(8, size)
    raise LookupError(name)


def rebox(content: bytes, path: tuple[str, ...], change: Callable[[bytes], bytes]) -> bytes:
    """The file with the inside of the box at `path` changed, and the sizes of all boxes around it put right."""
    if not path:
        return change(content)
    start, end = find_box(content, path[0])
    inside = rebox(content[start + 8 : end], path[1:], change)
    return content[:start] + struct.pack(">I", len(inside) + 8) + path[0].encode() + inside + content[end:]
