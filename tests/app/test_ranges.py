"""Byte ranges: what a header means for a recording of so many bytes (RFC 9110, section 14)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.api import ranges
from app.errors import RangeInvalid


@pytest.mark.parametrize(
    ("header", "span"),
    [
        ("bytes=0-0", (0, 1)),
        ("bytes=0-99", (0, 100)),
        ("bytes=10-19", (10, 20)),
        ("bytes=10-", (10, 100)),
        ("bytes=-1", (99, 100)),
        ("bytes=-100", (0, 100)),
        ("bytes=-500", (0, 100)),
        ("bytes=90-1000", (90, 100)),
        (" bytes=5-6 ", (5, 7)),
    ],
)
def test_one_range_is_honoured(header: str, span: tuple[int, int]) -> None:
    assert ranges.parse(header, 100) == span


@pytest.mark.parametrize(
    "header",
    [
        None,
        "",
        "bytes=",
        "bytes=-",
        "bytes=a-b",
        "items=0-1",
        "bytes=5-2",
        "bytes=0-1,3-4",
        "bytes=0-1\n2",
        "bytes=٣-٤",
    ],
)
def test_what_is_no_single_range_is_answered_with_the_whole(header: str | None) -> None:
    assert ranges.parse(header, 100) is None


@pytest.mark.parametrize("header", ["bytes=100-", "bytes=100-200", "bytes=999999999999999999-", "bytes=-0"])
def test_a_range_outside_is_refused_with_the_true_size(header: str) -> None:
    with pytest.raises(RangeInvalid) as refused:
        ranges.parse(header, 100)
    assert refused.value.facts == {"size_bytes": 100}


@given(st.integers(1, 50), st.none() | st.integers(0, 60), st.none() | st.integers(0, 60))
def test_a_range_is_what_slicing_says(size: int, first: int | None, last: int | None) -> None:
    whole = bytes(range(size))
    if first is None:
        wanted = whole[-last:] if last else b""
    elif last is None:
        wanted = whole[first:]
    else:
        wanted = whole[first : last + 1]
    header = f"bytes={'' if first is None else first}-{'' if last is None else last}"
    try:
        found = ranges.parse(header, size)
    except RangeInvalid:
        assert wanted == b""
    else:
        assert found is None or whole[found[0] : found[1]] == wanted


@given(st.text(), st.integers(1, 10**12))
def test_any_header_is_a_range_inside_or_none_or_refused(header: str, size: int) -> None:
    try:
        span = ranges.parse("bytes=" + header, size)
    except RangeInvalid:
        return
    assert span is None or 0 <= span[0] < span[1] <= size
