"""Which representation a request wants."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.api import negotiation
from app.errors import FormatNotOffered
from tests.client import Client
from tests.installation import Installation
from tests.scenes import heard

ACCEPT = st.lists(
    st.sampled_from(["*/*", "text/*", "text/vtt", "application/json", "image/png", "text/plain;q=0.5", "text/*;q=0"])
).map(",".join)


@pytest.mark.parametrize(
    ("wanted", "accept", "chosen"),
    [
        (None, None, "json"),
        (None, "", "json"),
        (None, "*/*", "json"),
        ("srt", "application/json", "srt"),
        (None, "text/vtt", "vtt"),
        (None, "TEXT/VTT", "vtt"),
        (None, "application/x-subrip", "srt"),
        (None, "text/markdown;q=0.9, text/plain;q=0.4", "md"),
        (None, "application/json;q=0.1, text/plain", "txt"),
        (None, "text/html, application/xhtml+xml, */*;q=0.8", "json"),
        (None, "application/json;q=0, */*;q=0.1, text/vtt;q=0.2", "vtt"),
        (None, "text/plain; charset=utf-8", "txt"),
    ],
)
def test_the_parameter_wins_then_the_heaviest_accepted_type(
    wanted: str | None, accept: str | None, chosen: str
) -> None:
    assert negotiation.choose(wanted, accept) == chosen


@pytest.mark.parametrize("accept", ["image/png", "text/html", "application/json;q=0", "text/vtt;q=nonsense", "json"])
def test_what_is_not_there_is_refused_with_what_is(accept: str) -> None:
    with pytest.raises(FormatNotOffered) as refused:
        negotiation.choose(None, accept)
    assert refused.value.facts["offered"] == list(negotiation.MEDIA_TYPES.values())


@given(ACCEPT)
def test_what_is_chosen_was_accepted(accept: str) -> None:
    try:
        chosen = negotiation.choose(None, accept)
    except FormatNotOffered:
        assert all(negotiation.quality(kind, accept) == 0 for kind in negotiation.MEDIA_TYPES.values())
    else:
        best = max(negotiation.quality(kind, accept) for kind in negotiation.MEDIA_TYPES.values())
        assert accept == "" or negotiation.quality(negotiation.MEDIA_TYPES[chosen], accept) == best > 0


@given(st.text(st.characters(max_codepoint=255)))
def test_any_accept_header_is_understood_or_refused(accept: str) -> None:
    try:
        assert negotiation.choose(None, accept) in negotiation.MEDIA_TYPES
    except FormatNotOffered:
        assert accept


@pytest.mark.parametrize(("name", "media_type"), negotiation.MEDIA_TYPES.items())
def test_every_format_has_two_ways_to_ask_and_one_answer(
    here: Installation, client: Client, name: str, media_type: str
) -> None:
    path = heard(here, client)["links"]["transcript"]
    by_name = client.get(path, params={"format": name})
    by_type = client.get(path, headers={"Accept": media_type})
    assert by_name.headers["content-type"].partition(";")[0] == media_type
    assert (by_name.content, by_name.headers["etag"]) == (by_type.content, by_type.headers["etag"])


def test_a_caller_who_accepts_nothing_we_have_gets_406(here: Installation, client: Client) -> None:
    answer = client.get(heard(here, client)["links"]["transcript"], headers={"Accept": "image/png"})
    assert (answer.status_code, "text/vtt" in answer.json()["offered"]) == (406, True)
