"""What must come out the same on SQLite and Postgres, though each has its own idea of it."""

from typing import Any

import pytest

from app.transcripts.subtitles import LAST_MS
from tests.client import Client
from tests.installation import Installation
from tests.scenes import heard, plan

LANTERN = "\U0001f3ee"


def titles(client: Client, **asked: Any) -> list[str]:
    """Of all pages, three to a page."""
    found, cursor = [], None
    while True:
        page = client.get(
            "/v1/interviews", params={"limit": 3, **asked} | ({"cursor": cursor} if cursor else {})
        ).json()
        found += [item["title"] for item in page["items"]]
        cursor = page["next_cursor"]
        if cursor is None:
            return found


def test_titles_are_in_the_order_of_their_signs_on_every_page(client: Client) -> None:
    given = ["a", "A", "b", "B", "ä", "Z", "z", "_", "10", "9", "é", "É", "a b", "a-b", "ab", LANTERN, "ﬁ", "\uffee"]
    for title in (*given[::2], *given[1::2]):
        plan(client, title=title)
    assert titles(client, sort="title") == sorted(given)
    assert titles(client, sort="-title") == sorted(given, reverse=True)


@pytest.mark.parametrize(
    ("said", "wanted"),
    [
        ("Ada ÅKERSTRÖM", "åkerström"),
        ("straße", "STRAßE"),
        ("ΟΔΥΣΣΕΑ", "οδυσσεα"),
        ("ИВАН Петров", "иван ПЕТРОВ"),
        ("ÇELİK", "çel"),
        ("100 % of_it", "100 % OF_"),
        ("back\\slash 'quote'", "\\SLASH 'QUOTE"),
        (f"a {LANTERN} lamp", f"{LANTERN} LAMP"),
    ],
)
@pytest.mark.parametrize("where", ["title", "interviewee", "role", "employer"])
def test_a_list_is_searched_in_any_case_and_every_alphabet(client: Client, said: str, wanted: str, where: str) -> None:
    plan(client, **{"title": "x", where: said})
    plan(client, title="100 percent of it")
    assert len(titles(client, q=wanted)) == 1


def test_everything_may_be_as_long_as_the_contract_says(client: Client) -> None:
    line = LANTERN * 200
    made = plan(client, interviewee=line, role=line, employer=line, contact_id="c" * 64, vocabulary=[line] * 100)
    assert made["title"] == f"{line}, {line}"[:300]
    assert client.post("/v1/contacts", json={"name": line, "role": line, "note": LANTERN * 2000}).status_code == 201
    questions = {"questions": [f"{number} {LANTERN * 497}" for number in range(10)]}
    assert client.put(f"{made['links']['self']}/questions", json=questions).status_code == 200
    assert client.post("/v1/api-keys", json={"name": line, "scopes": ["read"]}).status_code == 201
    assert client.patch(made["links"]["self"], json={"title": LANTERN * 300}).json()["title"] == LANTERN * 300


@pytest.mark.parametrize("at", ["0001-01-01T00:00:00Z", "9999-12-31T23:59:59.999999Z", "2026-03-29T02:30:00+05:45"])
def test_an_instant_comes_back_as_it_was(client: Client, at: str) -> None:
    made = plan(client, planned_at=at)
    again = client.get(made["links"]["self"]).json()["planned_at"]
    assert again == made["planned_at"]
    assert plan(client, planned_at=again)["planned_at"] == again


def test_the_last_millisecond_is_kept(client: Client) -> None:
    made, last = plan(client), LAST_MS
    segment = {"id": 1, "start_ms": last - 1, "end_ms": last, "speaker": "S1", "text": "At the very end.", "words": []}
    transcript = {
        "language": "en",
        "duration_ms": last,
        "engine": "e",
        "model": "m",
        "speakers": [{"id": "S1", "name": None, "role": None}],
        "segments": [segment],
    }
    url = f"{made['links']['self']}/transcript"
    answer = client.put(url, params={"consent": "true"}, json=transcript)
    assert answer.status_code == 201, answer.text
    assert client.get(url).json()["segments"][0]["end_ms"] == last
    assert client.get("/v1/search", params={"q": "end"}).json()["items"][0]["end_ms"] == last


@pytest.mark.parametrize(
    ("verb", "path", "body"),
    [
        ("post", "/v1/interviews", {"title": "a\x00b"}),
        ("post", "/v1/interviews", {"vocabulary": ["a\x00b"]}),
        ("post", "/v1/contacts", {"name": "a\x00b"}),
        ("post", "/v1/api-keys", {"name": "a\x00b", "scopes": ["read"]}),
        ("put", "{self}/questions", {"questions": ["a\x00b"]}),
        ("post", "{self}/insights", {"quote": "a\x00b", "categories": ["advice"]}),
        ("patch", "{self}/transcript/segments/1", {"text": "a\x00b"}),
        ("patch", "{self}/transcript/speakers/S1", {"name": "a\x00b"}),
        ("get", "/v1/interviews?q=a%00b", None),
        ("get", "/v1/insights?q=a%00b&role=%00", None),
        ("get", "/v1/contacts?q=a%00b", None),
        ("get", "/v1/comparison?role=a%00b", None),
        ("get", "/v1/search?q=a%00b", None),
    ],
)
def test_a_nul_which_postgres_cannot_keep_is_refused_at_the_door(
    here: Installation, client: Client, verb: str, path: str, body: Any
) -> None:
    made = heard(here, client)
    answer = client.request(verb, path.format(self=made["links"]["self"]), json=body)
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid-request")


def test_a_nul_in_a_text_from_elsewhere_is_refused_or_dropped(client: Client) -> None:
    made = plan(client)
    for media_type, text in (
        ("text/plain", "Ada: a\x00b"),
        ("text/vtt", "WEBVTT\n\n00:00.000 --> 00:01.000\na\x00b\n"),
    ):
        headers = {"Content-Type": media_type}
        url = f"{made['links']['self']}/transcript"
        answer = client.put(url, params={"consent": "true"}, content=text, headers=headers)
        assert answer.status_code in (200, 201, 422), answer.text
        assert "\x00" not in client.get(url).text
