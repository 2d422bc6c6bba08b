"""The three P's in numbers: how personable, present and patient an interviewer was, and where each number stands."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from statistics import median

from app.conversation import asked
from app.conversation.spurts import nods, said, spurts_of
from app.conversation.values import (
    Interruption,
    Interruptions,
    Kind,
    Length,
    Questions,
    Reason,
    Silences,
    Spurt,
    Stretch,
    Talk,
    Times,
    Voice,
)
from app.extraction.conversation import roles_of
from app.extraction.turns import SpokenTurn, turns_of
from app.transcripts.drafts import ENGINE as IMPORT
from app.transcripts.values import Notice, Role, Transcript

# A text has stamps of whole seconds where paragraphs begin, and none where they end.
STAMPED = ("txt", "md")
# Listeners notice an overlap from about 120 ms on (Heldner and Edlund 2010), and words' times are less exact.
OVERLAP_MS = 200
# Whoever stops later than this has finished what they had to say.
STOPS_WITHIN_MS = 1500
# Two who begin at once: neither cuts the other off.
AT_ONCE_MS = 500
MINUTE_MS = 60_000
VOICES = 2


@dataclass(frozen=True)
class Heard:
    """One version of a transcript, and what all measures of it ask; made once."""

    transcript: Transcript

    @cached_property
    def turns(self) -> list[SpokenTurn]:
        """Each with its role, given or by who asks most of the questions."""
        found = turns_of(self.transcript.model_copy(update={"segments": tuple(said(self.transcript))}))
        return [replace(turn, role=role) for turn, role in zip(found, roles_of(found), strict=True)]

    @cached_property
    def roles(self) -> Mapping[str, Role | None]:
        """Speaker -> role, in order of first words."""
        return {turn.speaker or "": turn.role for turn in self.turns}

    @cached_property
    def spurts(self) -> list[Spurt]:
        return spurts_of(self.transcript)

    @cached_property
    def nods(self) -> list[bool]:
        return nods(self.spurts)

    @property
    def floor(self) -> list[Spurt]:
        """The spurts that are more than a nod."""
        return [spurt for spurt, is_nod in zip(self.spurts, self.nods, strict=True) if not is_nod]

    @property
    def times(self) -> Times:
        one = self.transcript
        is_stamped = one.engine == IMPORT and one.model in STAMPED
        if Notice.TIMES_ESTIMATED in one.notices or is_stamped:
            return Times.ESTIMATED
        return Times.MEASURED if self.has_timed_words else Times.GIVEN

    @property
    def has_timed_words(self) -> bool:
        return all(segment.words for segment in said(self.transcript))

    @property
    def unknown_sides(self) -> Reason | None:
        """Why it is not known who asks and who answers."""
        if not self.roles:
            return Reason.NO_SPEECH
        if len(self.roles) < VOICES:
            return Reason.ONE_SPEAKER
        known = {Role.INTERVIEWER, Role.INTERVIEWEE}
        return None if known <= set(self.roles.values()) else Reason.ROLES_UNKNOWN

    @property
    def unknown_times(self) -> Reason | None:
        """Why tenths of a second are not known."""
        if self.times is Times.ESTIMATED:
            return Reason.TIMES_ESTIMATED
        return None if self.times is Times.MEASURED else Reason.WORDS_WITHOUT_TIMES


def voices(heard: Heard) -> tuple[Voice, ...]:
    """Every speaker with words, in order of the first of them. Of one label for all, nothing is told apart."""
    is_known, are_several = heard.times is not Times.ESTIMATED, len(heard.roles) >= VOICES
    spoken = _sums((one.speaker, one.duration_ms) for one in heard.spurts)
    words = _sums((turn.speaker or "", len(turn.text.split())) for turn in heard.turns)
    all_spoken, all_words = spoken.total(), words.total()
    longest = monologues(heard.floor) if is_known and are_several else {}
    names = {one.id: one.name for one in heard.transcript.speakers}
    return tuple(
        Voice(
            id=speaker,
            name=names.get(speaker),
            role=role,
            words=words[speaker],
            word_share=_share(words[speaker], all_words) if are_several else None,
            spoken_ms=spoken[speaker] if is_known else None,
            talk_share=_share(spoken[speaker], all_spoken) if is_known and are_several else None,
            longest_monologue=longest.get(speaker),
        )
        for speaker, role in heard.roles.items()
    )


def _sums(found: Iterator[tuple[str, int]]) -> Counter[str]:
    sums: Counter[str] = Counter()
    for name, amount in found:
        sums[name] += amount
    return sums


def _share(part: int, whole: int) -> float | None:
    return round(part / whole, 4) if whole else None


def monologues(floor: Sequence[Spurt]) -> dict[str, Stretch]:
    """Speaker -> the longest stretch in which nobody else took the floor, pauses and others' nods included."""
    longest: dict[str, Stretch] = {}
    for run in _runs(floor):
        ids = tuple(dict.fromkeys(number for spurt in run for number in spurt.segment_ids))
        found = Stretch(ids, run[0].start_ms, max(spurt.end_ms for spurt in run))
        known = longest.get(run[0].speaker)
        if known is None or found.duration_ms > known.duration_ms:
            longest[run[0].speaker] = found
    return longest


def _runs(floor: Sequence[Spurt]) -> Iterator[list[Spurt]]:
    run: list[Spurt] = []
    for spurt in floor:
        if run and run[-1].speaker != spurt.speaker:
            yield run
            run = []
        run.append(spurt)
    if run:
        yield run


def talk(heard: Heard, known: Sequence[Voice]) -> Talk:
    reason = heard.unknown_sides or (Reason.TIMES_ESTIMATED if heard.times is Times.ESTIMATED else None)
    if reason is not None:
        return Talk(None, None, reason)
    return Talk(_of(known, Role.INTERVIEWER), _of(known, Role.INTERVIEWEE), None)


def _of(known: Sequence[Voice], role: Role) -> float:
    return round(sum(voice.talk_share or 0.0 for voice in known if voice.role is role), 4)


def interruptions(heard: Heard) -> Interruptions:
    """Only where overlapping voices can be heard: one microphone's words come one after the other, whoever speaks."""
    reason = _no_interruptions(heard)
    if reason is not None:
        return Interruptions(None, None, None, (), reason)
    found = tuple(cut_off(heard.floor))
    if heard.unknown_sides is not None:
        return Interruptions(len(found), None, None, found, heard.unknown_sides)
    by = Counter(heard.roles[one.by] for one in found)
    return Interruptions(len(found), by[Role.INTERVIEWER], by[Role.INTERVIEWEE], found, None)


def _no_interruptions(heard: Heard) -> Reason | None:
    if heard.unknown_sides in (Reason.NO_SPEECH, Reason.ONE_SPEAKER):
        return heard.unknown_sides
    if heard.unknown_times is not None:
        return heard.unknown_times
    layout = heard.transcript.options.get("layout")
    # A text from elsewhere does not say how it was recorded; where nobody overlaps it was likely one microphone.
    overlaps = layout == "split" or (layout is None and any(_overlapping(heard.spurts)))
    return None if overlaps else Reason.ONE_CHANNEL


def _overlapping(spurts: Sequence[Spurt]) -> Iterator[bool]:
    until_ms = 0
    for spurt in spurts:
        yield spurt.start_ms < until_ms
        until_ms = max(until_ms, spurt.end_ms)


def cut_off(floor: Sequence[Spurt]) -> Iterator[Interruption]:
    """Somebody begins while another speaks and goes on, and the other stops soon after: an interruption that worked.

    Not one: a nod, two who begin at once, and who comes in a breath too early where the other ends anyway.
    """
    speaking: list[Spurt] = []  # of the speakers who stop last, at most two: one of them is not the one who begins
    for spurt in floor:
        other = next((one for one in speaking if one.speaker != spurt.speaker), None)
        if other is not None and _cuts_off(spurt, other):
            ids = (other.segment_ids[-1], spurt.segment_ids[0])
            yield Interruption(ids, spurt.start_ms, other.end_ms, spurt.speaker, other.speaker)
        last = {one.speaker: one for one in sorted([*speaking, spurt], key=lambda one: one.end_ms)}
        speaking = sorted(last.values(), key=lambda one: -one.end_ms)[:VOICES]


def _cuts_off(spurt: Spurt, other: Spurt) -> bool:
    overlap_ms = other.end_ms - spurt.start_ms
    goes_on, came_later = spurt.end_ms > other.end_ms, spurt.start_ms - other.start_ms >= AT_ONCE_MS
    return OVERLAP_MS <= overlap_ms <= STOPS_WITHIN_MS and goes_on and came_later


def questions(heard: Heard) -> Questions:
    """Those that the interviewer put, as extraction recognises them; whether they are open is read in English only."""
    if heard.unknown_sides is not None:
        return Questions(None, None, None, None, (), heard.unknown_sides)
    places = asked.questions_of(heard.turns, language=heard.transcript.language)
    if any(one.kind is None for one in places):
        return Questions(len(places), None, None, None, places, Reason.LANGUAGE_NOT_READ)
    kinds = Counter(one.kind for one in places)
    reason = None if places else Reason.NO_QUESTIONS
    share = _share(kinds[Kind.OPEN], len(places))
    return Questions(len(places), kinds[Kind.OPEN], kinds[Kind.CLOSED], share, places, reason)


def silences(heard: Heard) -> Silences:
    """Rowe's (1974) second wait time: what is left after an answer, in case there is more to come."""
    reason = heard.unknown_sides or heard.unknown_times
    if reason is not None:
        return Silences(None, None, None, (), reason)
    places = tuple(left_after_answers(heard))
    if not places:
        return Silences(0, None, None, (), Reason.NO_ANSWERS)
    waited = [one.duration_ms for one in places]
    return Silences(len(places), round(median(waited)), max(waited), places, None)


def left_after_answers(heard: Heard) -> Iterator[Stretch]:
    """From the interviewee's last word to the interviewer's next, where that leads on; 0 ms where it comes before.

    A nod that follows the last word ends the silence. One before which more follows is of the answer.
    """
    answer: Spurt | None = None
    nod: Spurt | None = None
    for spurt, is_nod in zip(heard.spurts, heard.nods, strict=True):
        role = heard.roles[spurt.speaker]
        if role is Role.INTERVIEWEE and not is_nod:
            answer, nod = spurt if answer is None or spurt.end_ms >= answer.end_ms else answer, None
        elif role is Role.INTERVIEWER and answer is not None:
            if is_nod:
                nod = nod or (spurt if spurt.start_ms >= answer.end_ms else None)
                continue
            yield _silence(answer, nod or spurt)
            answer = nod = None


def _silence(answer: Spurt, following: Spurt) -> Stretch:
    ids = (answer.segment_ids[-1], following.segment_ids[0])
    return Stretch(ids, min(answer.end_ms, following.start_ms), following.start_ms)


def length(heard: Heard, *, recorded_ms: int | None, planned_minutes: int | None) -> Length:
    """As long as the recording, if it is known; else as the last words of a transcript that has true times."""
    written_ms = None if heard.times is Times.ESTIMATED else heard.transcript.duration_ms
    length_ms = written_ms if recorded_ms is None else recorded_ms
    if length_ms is None:
        return Length(None, planned_minutes, None, Reason.TIMES_ESTIMATED)
    minutes = round(length_ms / MINUTE_MS, 1)
    if planned_minutes is None:
        return Length(minutes, None, None, Reason.SLOT_NOT_PLANNED)
    return Length(minutes, planned_minutes, round(minutes - planned_minutes, 1), None)
