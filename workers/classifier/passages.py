"""Passages: what was asked and the sentences that answer it, as the token windows that the network reads.

A sentence alone says too little: "About forty-two, after the raise" is pay only after a question about pay. So
sentences are read together with the question and with each other, and told apart again after reading.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from tokenizers import Tokenizer

from app.extraction.values import Said

# In tokens. The model was trained by its makers on up to 256; attention grows with the square of a window.
WINDOW, QUESTION, SENTENCE = 224, 64, 150
LOOK_BACK = 2  # sentences repeated at the head of the next window, so that none is read without what came before


@dataclass(frozen=True)
class Place:
    """Sentence `index` (of the said) is tokens `start:end` of its window."""

    index: int
    start: int
    end: int


@dataclass(frozen=True)
class Passage:
    ids: tuple[int, ...]
    places: tuple[Place, ...]


@dataclass(frozen=True)
class _Part:
    """One sentence in tokens; `index` None: read for its sense only."""

    index: int | None
    ids: tuple[int, ...]


class Cutter:
    """Cuts what was said into passages. `tokenizer` is the model's own, without padding or special tokens added."""

    def __init__(self, tokenizer: Tokenizer) -> None:
        self._tokenizer = tokenizer
        self._begin, self._end = _id(tokenizer, "<s>"), _id(tokenizer, "</s>")

    def cut(self, said: Sequence[Said]) -> list[Passage]:
        """Every sentence has its place in exactly one passage."""
        answers = groupby(enumerate(said), key=lambda item: (item[1].turn_index, item[1].question))
        return [passage for _, answer in answers for passage in self._answer(list(answer))]

    def _answer(self, answer: Sequence[tuple[int, Said]]) -> Iterator[Passage]:
        first = answer[0][1]
        # Of a long question the end asks: what comes before it leads in.
        question = (self._begin, *self._ids([first.question])[0][-QUESTION:], self._end)
        texts = [first.before, *(said.text for _, said in answer)]
        before, *sentences = (ids[:SENTENCE] for ids in self._ids(texts))
        parts = [_Part(index, ids) for (index, _), ids in zip(answer, sentences, strict=True)]
        if before:
            parts = [_Part(None, before), *parts]
        for window in _windows(parts, room=WINDOW - len(question) - 1):
            yield self._passage(question, window)

    def _ids(self, texts: Sequence[str]) -> list[tuple[int, ...]]:
        encoded = self._tokenizer.encode_batch(list(texts), add_special_tokens=False)
        return [tuple(one.ids) for one in encoded]

    def _passage(self, question: tuple[int, ...], window: Iterable[_Part]) -> Passage:
        ids, places = list(question), []
        for part in window:
            if part.index is not None:
                places.append(Place(part.index, len(ids), len(ids) + len(part.ids)))
            ids += part.ids
        return Passage((*ids, self._end), tuple(places))


def _id(tokenizer: Tokenizer, token: str) -> int:
    found = tokenizer.token_to_id(token)
    if found is None:
        raise ValueError(f"this tokenizer has no {token}")
    return int(found)


def _windows(parts: Sequence[_Part], *, room: int) -> Iterator[list[_Part]]:
    window: list[_Part] = []
    for part in parts:
        if window and sum(len(one.ids) for one in window) + len(part.ids) > room:
            yield window
            window = [_Part(None, one.ids) for one in window[-LOOK_BACK:]]
            # What is repeated must leave room for what is new.
            while window and sum(len(one.ids) for one in window) + len(part.ids) > room:
                window.pop(0)
        window.append(part)
    if any(part.index is not None for part in window):
        yield window
