"""Who spoke when, as one picture: an SVG that says in words what it shows, and loads and runs nothing."""

import re
from base64 import b64encode
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256
from html import escape
from itertools import groupby
from typing import NamedTuple

from app.conversation.values import Conversation, Kind, Stretch, Times, Voice
from app.transcripts import labels

MEDIA_TYPE = "image/svg+xml"
# What XML 1.0 has no way to say, not even escaped.
NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")

WIDTH, LEFT, RIGHT, TOP = 960, 190, 24, 56
LANE, BAR, ROW = 44, 22, 24
LABEL_CHARS = 20
MOST_LANES = 8  # of the voices that speak most; a text from elsewhere may name hundreds
TICKS = 8
STEPS_S = (5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200)
JOINED_PX = 0.5
SECOND_MS, MINUTE_S, HOUR_S = 1000, 60, 3600

STYLE = """
svg { background: #ffffff }
text { font: 13px system-ui, sans-serif; fill: #1f2328; unicode-bidi: isolate }
.heading { font-size: 16px; font-weight: 600 }
.small { font-size: 11px; fill: #59636e }
.page { fill: #ffffff }
.lane { fill: #eff2f5 }
.grid { stroke: #d1d9e0 }
.v0 { fill: #0969da } .v1 { fill: #bf5700 } .v2 { fill: #1a7f37 } .v3 { fill: #8250df }
.longest { fill: #1f2328 }
.cut { fill: #cf222e }
.question { fill: #59636e; stroke: #59636e; stroke-width: 1.5 }
.closed { fill: #ffffff }
.mark { fill: #6639ba }
@media (prefers-color-scheme: dark) {
svg { background: #0d1117 }
text { fill: #e6edf3 }
.small { fill: #9198a1 }
.page { fill: #0d1117 }
.lane { fill: #1c2129 }
.grid { stroke: #3d444d }
.v0 { fill: #4493f8 } .v1 { fill: #f0883e } .v2 { fill: #3fb950 } .v3 { fill: #ab7df8 }
.longest { fill: #e6edf3 }
.cut { fill: #ff7b72 }
.question { fill: #9198a1; stroke: #9198a1 }
.closed { fill: #0d1117 }
.mark { fill: #b392f0 }
}
"""
# Opened by itself in a browser the picture is a page of ours: nothing in it may run or load, and of styles only ours.
POLICY = (
    f"default-src 'none'; style-src 'sha256-{b64encode(sha256(STYLE.encode()).digest()).decode()}'; "
    "frame-ancestors 'none'; sandbox"
)


def draw(found: Conversation, title: str) -> str:
    """The conversation as SVG, `title` and names as text and never as markup."""
    rows = [*_lanes(found), *_question_row(found), *_category_rows(found)]
    scale = _Scale(max((one.end_ms for one in found.spurts), default=0))
    drawn: list[str] = []
    at = TOP
    for row in rows:
        drawn.append(row.drawn(at, scale))
        at += row.height
    height = at + 40
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}"',
            f'width="{WIDTH}" height="{height}" role="img" aria-labelledby="title desc">',
            f'<title id="title">{_text(f"Who spoke when: {title}")}</title>',
            f'<desc id="desc">{_text(described(found))}</desc>',
            f"<style>{STYLE}</style>",
            f'<rect class="page" width="{WIDTH}" height="{height}"/>',
            f'<text class="heading" x="16" y="26">{_text(_short(title, 90))}</text>',
            f'<text class="small" x="16" y="44">{_text(_legend(found))}</text>',
            *scale.drawn(TOP, at),
            *drawn,
            "</svg>\n",
        ]
    )


def described(found: Conversation) -> str:
    """The picture in sentences, for who does not see it."""
    said = [f"{_name(one)}{_role(one)}{_share(one)}." for one in found.voices[:MOST_LANES]]
    longest = max((one.longest_monologue for one in found.voices if one.longest_monologue), key=_duration, default=None)
    if longest is not None:
        said.append(f"The longest monologue takes {_clock(longest.duration_ms)}, from {_clock(longest.start_ms)} on.")
    if found.questions.count is not None:
        said.append(f"Questions: {found.questions.count}.")
    if found.interruptions.count is not None:
        said.append(f"Interruptions: {found.interruptions.count}.")
    said += [f"{_called(category)}: {', '.join(map(_clock, at))}." for category, at in _categories(found)]
    return " ".join([*_notes(found), *said])


def _duration(stretch: Stretch) -> int:
    return stretch.duration_ms


def _notes(found: Conversation) -> list[str]:
    if not found.spurts:
        return ["Nothing was said."]
    return ["The times are estimated, not measured."] if found.times is Times.ESTIMATED else []


def _legend(found: Conversation) -> str:
    shown = ["\u25ac longest monologue"] if any(one.longest_monologue for one in found.voices) else []
    if found.interruptions.count:
        shown.append("\u25bc interrupts")
    if found.questions.count:
        shown.append(
            "\u25cf open question \u00b7 \u25cb closed question"
            if found.questions.open is not None
            else "\u25cf question"
        )
    return " \u00b7 ".join([*_notes(found), *shown])


@dataclass(frozen=True)
class _Scale:
    """Milliseconds to pixels, and the axis."""

    end_ms: int

    def x(self, at_ms: int) -> float:
        return LEFT + (WIDTH - LEFT - RIGHT) * min(1.0, at_ms / max(1, self.end_ms))

    def drawn(self, top: int, bottom: int) -> Iterator[str]:
        seconds = self.end_ms // SECOND_MS
        step = next((one for one in STEPS_S if seconds <= one * TICKS), seconds // TICKS + 1)
        for at in range(0, seconds + 1, step):
            x = f"{self.x(at * SECOND_MS):.1f}"
            yield f'<line class="grid" x1="{x}" y1="{top}" x2="{x}" y2="{bottom + 6}"/>'
            yield f'<text class="small" x="{x}" y="{bottom + 22}" text-anchor="middle">{_clock(at * SECOND_MS)}</text>'


class _Bar(NamedTuple):
    """`kind` is a class of STYLE, here and below."""

    kind: str
    start_ms: int
    end_ms: int


class _Shape(NamedTuple):
    """`what` is said of it where a pointer rests on it."""

    kind: str
    start_ms: int
    end_ms: int
    what: str


@dataclass(frozen=True)
class _Row:
    """A line of the picture and what it is called; with something `below` that, it is a lane."""

    label: str
    below: str
    height: int
    bars: Sequence[_Bar] = ()
    shapes: Sequence[_Shape] = ()

    def drawn(self, top: int, scale: _Scale) -> str:
        middle = top + self.height / 2
        baseline = middle - 2 if self.below else middle + 4
        parts = [f"<g><title>{_text(self.label)}</title>"]
        parts.append(f'<text x="16" y="{baseline:g}">{_text(_short(self.label, LABEL_CHARS))}</text></g>')
        if self.below:
            parts.append(f'<text class="small" x="16" y="{middle + 13:g}">{_text(self.below)}</text>')
            y, width = middle - BAR / 2, WIDTH - LEFT - RIGHT
            parts.append(f'<rect class="lane" x="{LEFT}" y="{y:g}" width="{width}" height="{BAR}"/>')
            parts += [_bar(bar, scale, y) for bar in _merged(self.bars, scale)]
        # Of those that would lie upon each other, the last is seen.
        seen = {(shape.kind, round(scale.x(shape.start_ms))): shape for shape in self.shapes}
        parts += [_shape(shape, scale, middle) for shape in seen.values()]
        return "\n".join(parts)


def _merged(bars: Sequence[_Bar], scale: _Scale) -> Iterator[_Bar]:
    """Bars in order, those joined between which nobody would see a gap."""
    last: _Bar | None = None
    for bar in bars:
        if last is not None and scale.x(bar.start_ms) - scale.x(last.end_ms) < JOINED_PX:
            last = last._replace(end_ms=max(bar.end_ms, last.end_ms))
            continue
        if last is not None:
            yield last
        last = bar
    if last is not None:
        yield last


def _bar(bar: _Bar, scale: _Scale, y: float) -> str:
    x = scale.x(bar.start_ms)
    width = max(1.0, scale.x(bar.end_ms) - x)
    return f'<rect class="{bar.kind}" x="{x:.1f}" y="{y:g}" width="{width:.1f}" height="{BAR}"/>'


def _shape(shape: _Shape, scale: _Scale, middle: float) -> str:
    x, title = scale.x(shape.start_ms), f"<title>{_text(shape.what)}</title>"
    match shape.kind:
        case "longest":
            y, width = middle + BAR / 2 + 2, max(1.0, scale.x(shape.end_ms) - x)
            return f'<rect class="longest" x="{x:.1f}" y="{y:g}" width="{width:.1f}" height="3">{title}</rect>'
        case "cut":
            return f'<path class="cut" d="M{x - 4:.1f} {middle - BAR / 2 - 7:g}h8l-4 7z">{title}</path>'
        case "mark":
            return f'<path class="mark" d="M{x:.1f} {middle - 6:g}l6 6l-6 6l-6 -6z">{title}</path>'
        case kind:
            return f'<circle class="{kind}" cx="{x:.1f}" cy="{middle:g}" r="4.5">{title}</circle>'


def _lanes(found: Conversation) -> Iterator[_Row]:
    """A lane a voice, in order of first words; those who hardly speak share the last."""
    loudest = sorted(found.voices, key=lambda one: -one.words)[:MOST_LANES]
    kept = [voice for voice in found.voices if voice in loudest]
    for number, voice in enumerate(kept):
        yield _lane(found, voice, f"v{number % 4}")
    rest = {voice.id for voice in found.voices} - {voice.id for voice in kept}
    if rest:
        bars = [_Bar("v3", one.start_ms, one.end_ms) for one in found.spurts if one.speaker in rest]
        yield _Row(f"{len(rest)} others", "together", LANE, bars)


def _lane(found: Conversation, voice: Voice, color: str) -> _Row:
    bars = [_Bar(color, one.start_ms, one.end_ms) for one in found.spurts if one.speaker == voice.id]
    shapes = [
        _Shape("cut", one.start_ms, one.end_ms, f"interrupts at {_clock(one.start_ms)}")
        for one in found.interruptions.places
        if one.by == voice.id
    ]
    if (run := voice.longest_monologue) is not None:
        shapes.append(_Shape("longest", run.start_ms, run.end_ms, f"longest monologue: {_clock(run.duration_ms)}"))
    return _Row(_name(voice), _below(voice), LANE, bars, shapes)


def _below(voice: Voice) -> str:
    parts = [voice.role.value] if voice.role else []
    share, of = (voice.talk_share, "") if voice.talk_share is not None else (voice.word_share, " of the words")
    if share is not None:
        parts.append(f"{share:.0%}{of}")
    return " \u00b7 ".join(parts) or "perhaps all voices"


def _question_row(found: Conversation) -> Iterator[_Row]:
    if found.questions.places:
        kinds = {Kind.OPEN: "question", Kind.CLOSED: "question closed", None: "question"}
        shapes = [
            _Shape(kinds[one.kind], one.start_ms, one.end_ms, f"{one.kind or 'a'} question at {_clock(one.start_ms)}")
            for one in found.questions.places
        ]
        yield _Row("Questions", "", ROW, shapes=shapes)


def _category_rows(found: Conversation) -> Iterator[_Row]:
    for category, at in _categories(found):
        name = _called(category)
        yield _Row(name, "", ROW, shapes=[_Shape("mark", ms, ms, f"{name} at {_clock(ms)}") for ms in at])


def _categories(found: Conversation) -> list[tuple[str, list[int]]]:
    """Category -> when, in order of the first time."""
    by_name = sorted(found.marks, key=lambda one: (one.category, one.start_ms))
    grouped = [(name, [one.start_ms for one in marks]) for name, marks in groupby(by_name, lambda one: one.category)]
    return sorted(grouped, key=lambda one: one[1])


def _called(category: str) -> str:
    return category.replace("_", " ").capitalize()


def _name(voice: Voice) -> str:
    return voice.name or labels.unnamed(voice.id)


def _role(voice: Voice) -> str:
    return f", {voice.role}," if voice.role else ""


def _share(voice: Voice) -> str:
    if voice.talk_share is not None:
        return f" spoke {voice.talk_share:.0%} of the time that was spoken"
    return " said all" if voice.word_share is None else f" said {voice.word_share:.0%} of the words"


def _clock(ms: int) -> str:
    minutes, seconds = divmod(ms // SECOND_MS, MINUTE_S)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes}:{seconds:02}"


def _short(text: str, length: int) -> str:
    return text if len(text) <= length else f"{text[: length - 1].rstrip()}\u2026"


def _text(text: str) -> str:
    return escape(NOT_XML.sub("\ufffd", text))
