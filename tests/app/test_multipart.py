"""Multipart forms read as they come, however the network cuts them."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import suppress
from itertools import pairwise
from typing import NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.api.multipart import MAX_FIELD_BYTES, MAX_FIELDS, Form, boundary_of
from app.errors import BodyTooLarge, CandidError, MultipartInvalid
from tests.scenes import streamed

# A recording that looks like a form in places: boundaries, line breaks, dashes.
TRICKY = b"RIFF\r\n--b\r\r\n--\r\n--bb--\r\n\n--b-\x00\xff--b"


class Found(NamedTuple):
    fields: dict[str, str]
    filename: str | None
    sound: bytes | None


def part(name: str, content: bytes, *, filename: str | None = None) -> bytes:
    disposition = f'form-data; name="{name}"' + ("" if filename is None else f'; filename="{filename}"')
    return f"--bound\r\nContent-Disposition: {disposition}\r\n\r\n".encode() + content + b"\r\n"


END = b"--bound--\r\n"
FORM = part("consent", b"true") + part("title", "Käffchen".encode()) + part("file", TRICKY, filename="m.wav") + END
WHOLE = Found({"consent": "true", "title": "Käffchen"}, "m.wav", TRICKY)


async def reading(blocks: Sequence[bytes]) -> Found:
    form = Form(b"bound", streamed(blocks))
    await form.read_fields()
    sound = b"".join([block async for block in form.file()]) if form.has_file else None
    return Found(form.fields, form.filename, sound)


def read(*blocks: bytes) -> Found:
    return asyncio.run(reading(blocks))


def cut(body: bytes, places: Sequence[int]) -> list[bytes]:
    edges = [0, *sorted(places), len(body)]
    return [body[start:end] for start, end in pairwise(edges)]


def test_a_form_cut_in_two_at_any_byte_is_the_same_form() -> None:
    async def every_cut() -> set[str]:
        return {repr(await reading(cut(FORM, [place]))) for place in range(len(FORM) + 1)}

    assert asyncio.run(every_cut()) == {repr(WHOLE)}


@settings(max_examples=60)
@given(st.lists(st.integers(0, len(FORM)), max_size=40))
def test_a_form_cut_anywhere_is_the_same_form(places: list[int]) -> None:
    assert read(*cut(FORM, places)) == WHOLE


def test_a_form_that_comes_byte_by_byte_is_the_same_form() -> None:
    assert read(*cut(FORM, range(len(FORM)))) == WHOLE


@settings(max_examples=60)
@given(st.binary(max_size=300), st.dictionaries(st.sampled_from("abcdef"), st.text("xyz ü", max_size=20)), st.data())
def test_what_is_written_is_what_is_read(sound: bytes, fields: dict[str, str], data: st.DataObject) -> None:
    parts = [part(name, value.encode()) for name, value in fields.items()]
    body = b"".join(parts) + part("file", sound, filename="x") + END
    places = data.draw(st.lists(st.integers(0, len(body)), max_size=5))
    assert read(*cut(body, places)) == Found(fields, "x", sound)


def test_fields_are_known_before_the_file_is_read() -> None:
    taken = []

    async def blocks() -> Found:
        async def counted() -> AsyncIterator[bytes]:
            for block in [part("consent", b"true"), part("file", b"x" * 10, filename="f")[:-2], b"y" * 10**6, END]:
                taken.append(len(block))
                yield block

        form = Form(b"bound", counted())
        await form.read_fields()
        return Found(form.fields, form.filename, None)

    assert asyncio.run(blocks()).fields == {"consent": "true"}
    assert len(taken) == 2


@pytest.mark.parametrize("places", [[], list(range(0, 400, 7))])
def test_a_field_after_the_file_is_refused_and_not_lost(places: list[int]) -> None:
    body = part("file", b"sound", filename="f") + part("consent", b"true") + END
    with pytest.raises(MultipartInvalid, match="last"):
        read(*cut(body, [place for place in places if place < len(body)]))


@pytest.mark.parametrize(
    ("body", "wrong"),
    [
        (b"hello, I am no form", "malformed"),
        (FORM.replace(b"--bound", b"--other"), "malformed"),
        (FORM[: -len(END)], "middle of the recording"),
        (b'--bound\r\nContent-Disposition: attachment; name="x"\r\n\r\n1\r\n' + END, "Content-Disposition"),
        (b"--bound\r\nContent-Type: text/plain\r\n\r\n1\r\n" + END, "Content-Disposition"),
        (part("a", b"1") + part("a", b"2") + END, "twice"),
        (b"--bound\r\nX: " + b"y" * 9000 + b"\r\n\r\n", "malformed"),
        (b"--bound\r\n" + (b"X: " + b"y" * 3000 + b"\r\n") * 3, "too long"),
        (b"".join(part(f"f{number}", b"") for number in range(MAX_FIELDS + 1)) + END, "at most"),
        (b"\r\n" * 2_000_000, "too long"),
    ],
)
def test_what_is_no_form_is_refused_with_a_reason(body: bytes, wrong: str) -> None:
    with pytest.raises(MultipartInvalid, match=wrong):
        read(*cut(body, range(0, len(body), 64 * 1024)))


def test_a_field_may_not_be_a_recording() -> None:
    with pytest.raises(BodyTooLarge):
        read(part("file", b"x" * (MAX_FIELD_BYTES + 1)) + END)


def test_a_form_without_a_file_is_read_to_its_end() -> None:
    assert read(part("consent", b"true") + END) == Found({"consent": "true"}, None, None)


def test_an_endless_epilogue_is_not_read_for_ever() -> None:
    taken = 0

    async def blocks() -> None:
        async def endless() -> AsyncIterator[bytes]:
            nonlocal taken
            yield FORM
            while taken < 10**8:
                taken += 10**5
                yield b"x" * 10**5

        form = Form(b"bound", endless())
        await form.read_fields()
        assert b"".join([block async for block in form.file()]) == TRICKY

    asyncio.run(blocks())
    assert taken < 10**6


@settings(max_examples=150)
@given(st.lists(st.binary(max_size=80), max_size=6))
def test_noise_is_refused_and_never_crashes(blocks: list[bytes]) -> None:
    # Whatever else it raises would be a 500.
    with suppress(CandidError):
        assert read(b"--bound\r\n", *blocks).sound is None


@pytest.mark.parametrize("content_type", ["multipart/form-data", "multipart/form-data; boundary=", 'x; boundary=""'])
def test_a_form_without_a_boundary_is_refused(content_type: str) -> None:
    with pytest.raises(MultipartInvalid):
        boundary_of(content_type)


def test_the_boundary_may_be_quoted() -> None:
    assert boundary_of('multipart/form-data; charset=utf-8; boundary="a b=c"') == b"a b=c"
