"""What somebody types into a search box, as words that must all be there. Every text means something. Pure."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from app.search.words import Token, tokens

QUOTES = re.compile('["\u201c\u201d\u201e\u00ab\u00bb]')


@dataclass(frozen=True)
class Term:
    """Words that stand one after the other; of the last, `is_open` asks for the beginning only."""

    words: tuple[str, ...]
    is_open: bool = False


@dataclass(frozen=True)
class Query:
    """All terms must be there. Without any, nothing was asked for, and nothing is found."""

    terms: tuple[Term, ...]


def parse(text: str) -> Query:
    """Words, phrases in quotes, and a last word that may be the beginning of one.

    What is written together is searched together: `e-mail` is a phrase of two words. A quote that is not closed goes
    on to the end. There are no operators: `AND`, `*` and brackets are a word and nothing.
    """
    pieces = QUOTES.split(text)
    terms: list[Term] = []
    for place, piece in enumerate(pieces):
        is_quoted = place % 2 == 1
        terms += (Term(words) for one in ([piece] if is_quoted else piece.split()) if (words := _words(one)))
    if terms and len(pieces) % 2 == 1 and _words(pieces[-1]):
        terms[-1] = Term(terms[-1].words, is_open=True)
    return Query(tuple(dict.fromkeys(terms)))


def _words(text: str) -> tuple[str, ...]:
    return tuple(token.folded for token in tokens(text))


def places(query: Query, found: Sequence[Token]) -> list[tuple[int, int]]:
    """Where the terms stand in a text, given its tokens: from and to, in order, none touching another."""
    spans = sorted(span for term in query.terms for span in _places(term, found))
    joined: list[tuple[int, int]] = []
    for start, end in spans:
        if joined and start <= joined[-1][1]:
            joined[-1] = joined[-1][0], max(end, joined[-1][1])
        else:
            joined.append((start, end))
    return joined


def _places(term: Term, found: Sequence[Token]) -> Iterator[tuple[int, int]]:
    *firsts, last = term.words
    for at in range(len(found) - len(firsts)):
        stands = all(found[at + step].folded == word for step, word in enumerate(firsts))
        end = found[at + len(firsts)]
        if stands and (end.folded.startswith(last) if term.is_open else end.folded == last):
            yield found[at].start, end.end
