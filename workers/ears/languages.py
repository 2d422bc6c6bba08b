"""Deciding which language is spoken, from what Whisper thinks of several windows."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from app.errors import LanguageUnsupported
from app.transcripts.values import Notice
from workers.ears import Ear, Hearing

WINDOWS_ASKED = 5
CLEAR = 0.8
UNCERTAIN_BELOW = 0.6
MISMATCH_SHARE = 1 / 3

Vote = Mapping[str, float]


@dataclass(frozen=True)
class LanguageVerdict:
    """What to listen for. `language` None: nothing was said and nothing given. `probability` None: not detected."""

    language: str | None
    probability: float | None = None
    notices: tuple[Notice, ...] = ()

    @property
    def several_languages(self) -> bool:
        return Notice.SEVERAL_LANGUAGES in self.notices


def windows_to_ask(count: int, *, at_most: int = WINDOWS_ASKED) -> list[int]:
    """Which of `count` windows to ask, spread evenly over the recording, first and last among them."""
    if count <= at_most:
        return list(range(count))
    return [round(place * (count - 1) / (at_most - 1)) for place in range(at_most)]


def check(language: str | None, *, known: Collection[str], model: str) -> None:
    """Raises LanguageUnsupported, with the codes there are, when the language asked for is not among `known`."""
    if language is None or language in known:
        return
    if set(known) == {"en"}:
        sentence = f"The model {model} knows English only, not {language!r}: choose a multilingual one, such as base."
    else:
        sentence = f"The model {model} knows no language {language!r}: use an ISO 639-1 code such as en, es or de."
    raise LanguageUnsupported(sentence, language=language, model=model, known=sorted(known))


def decide(votes: Sequence[Vote], *, given: str | None, multilingual: bool) -> LanguageVerdict:
    """The language of a recording from the windows' votes (language to probability), and what a reader should know.

    A given language wins, but windows that clearly disagree are told. English-only weights give no votes: English
    is then assumed, and that nobody checked is told too.
    """
    if given is not None:
        contradicted = _contradicted(votes, given)
        return LanguageVerdict(given, notices=(Notice.LANGUAGE_MISMATCH,) if contradicted else ())
    if not multilingual:
        return LanguageVerdict("en", notices=(Notice.LANGUAGE_UNCERTAIN,))
    votes = [vote for vote in votes if vote]
    if not votes:
        return LanguageVerdict(None)
    language, probability = _top(_mean(votes))
    if {clear for vote in votes if (clear := _clear(vote))} - {language}:
        return LanguageVerdict(language, probability, (Notice.SEVERAL_LANGUAGES,))
    uncertain = probability < UNCERTAIN_BELOW
    return LanguageVerdict(language, probability, (Notice.LANGUAGE_UNCERTAIN,) if uncertain else ())


def of_window(vote: Vote, *, otherwise: str | None) -> str:
    """One window's own language if it is clear, else `otherwise`, else its likeliest one."""
    likeliest, _ = _top(vote)
    return _clear(vote) or otherwise or likeliest


def for_window(hearing: Hearing, ear: Ear) -> str:
    """The language in which `ear` is to hear this window: detecting costs one more pass of the encoder."""
    if not ear.multilingual:
        return "en"
    if hearing.language is not None and not hearing.several_languages:
        return hearing.language
    return of_window(ear.detect_language(hearing.pcm), otherwise=hearing.language)


def _contradicted(votes: Sequence[Vote], given: str) -> bool:
    against = sum(1 for vote in votes if _clear(vote) not in (None, given))
    # One odd window in an hour is an odd window; a third of them is a wrong setting.
    return against > 0 and against >= len(votes) * MISMATCH_SHARE


def _mean(votes: Sequence[Vote]) -> Vote:
    languages = {language for vote in votes for language in vote}
    return {language: sum(vote.get(language, 0.0) for vote in votes) / len(votes) for language in languages}


def _top(vote: Vote) -> tuple[str, float]:
    # By name among equals, so that the same sound is never two languages on two days.
    return min(vote.items(), key=lambda item: (-item[1], item[0]))


def _clear(vote: Vote) -> str | None:
    if not vote:
        return None
    language, probability = _top(vote)
    return language if probability >= CLEAR else None
