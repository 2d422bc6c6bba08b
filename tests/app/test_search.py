"""Search: the same words find the same things on both databases, and what is gone is not found."""

from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from app import search, transcripts
from app.db import writing
from app.main import create_app
from app.search import finding, queries, snippets, words
from app.transcripts.values import Segment
from tests.client import Client
from tests.installation import Installation, installed
from tests.scenes import PAY, bytes_of_database, hear_again, heard, listed, make_key, plan, review, spoken

SAID = (
    ("S1", "What about Zürich?"),
    ("S2", "I wrote an e-mail about São Tomé, naïve as I was."),
    ("S1", "Don\u2019t you miss the ΣΊΣΥΦΟΣ café, or 東京都の灯台?"),
    ("S2", "The ﬁrst FIANCÉE of the fiance was Łucja; हिन्दी she spoke well."),
    ("S1", "Straße 12, 3.5 kilometres on: C++ and R&D_lab, of all things."),
    ("S2", PAY),
)


def ids(client: Client, q: str, **filters: Any) -> list[int | str]:
    """Segments by their number, insights as `insight`."""
    answer = client.get("/v1/search", params={"q": q, "limit": 100, **filters})
    assert answer.status_code == 200, answer.text
    return [item["segment_id"] or item["kind"] for item in answer.json()["items"]]


@pytest.fixture(scope="module")
def golden(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    """A caller who has one interview, in which SAID was said, and only reads."""
    with (
        installed(tmp_path_factory.mktemp("golden")) as here,
        Client(create_app(here.settings), key=make_key(here)) as client,
    ):
        heard(here, client, SAID)
        yield client


@pytest.mark.parametrize(
    ("q", "found"),
    [
        ("zurich", [1]),
        ("ZÜRICH", [1]),
        ("Zu\u0308rich", [1]),
        ("züri", [1]),
        ("urich", []),
        ("sao tome", [2]),
        ("tome sao", [2]),
        ("tom sao", []),
        ("e-mail", [2]),
        ("e mail", [2]),
        ("mail-e", []),
        ("naive", [2]),
        ('"naive as I"', [2]),
        ('"as naive"', []),
        ('"naive as', [2]),
        ("“Sao Tome” wrote", [2]),
        ("don't", [3]),
        ("dont", []),
        ("σίσυφος", [3]),
        ("cafe", [3]),
        ("東京", [3]),
        ("京都", [3]),
        ("東都", []),
        ("灯台", [3]),
        ("first", [4]),
        ("fiancee", [4]),
        ("fiance was", [4]),
        ("हिन्दी", [4]),
        ("łucja", [4]),
        ("lucja", []),
        ("STRASSE", [5]),
        ("3.5", [5]),
        ("5.3", []),
        ("c++ of", [5]),
        ("r&d", [5]),
        ("D_lab", [5]),
        ("fifty-two", ["insight", 6]),
        ("make dollars yea", ["insight", 6]),
        ("make dollars yea year", []),
    ],
)
def test_words_find_what_was_said(golden: Client, q: str, found: list[int | str]) -> None:
    assert ids(golden, q) == found


HOSTILE = [
    *('"', '""', '"""', "'", "''", "*", "^zur", "zur*", "(", ")", "()", "\\", "%", "_", "-", "--", ":", "words:zurich"),
    *(
        "AND",
        "OR",
        "NOT",
        "NEAR(a b)",
        "a AND",
        "NOT a",
        "a OR",
        '" AND "',
        "{a b}:c",
        "+",
        "zurich:*",
        "zurich & ",
        "|",
    ),
    *("!", "<->", "a <-> b", "'zurich'", "'zurich':*", "; drop table segment", "own_0", "kind_segment", "search_index"),
    *("\u200b", "\ufeff", "\u202e", "\uffff", "\U0010ffff", "🏮", "e\u0301" * 50, "\u0301", "½", "⑴", "\u037a", "ﷺ"),
    *("a" * 200, "a " * 100, '"' * 200, "東" * 200, "\t", "\r\n", " ", "\x1f"),
]


@pytest.mark.parametrize("q", HOSTILE)
@pytest.mark.parametrize("kind", [None, "segment"])
def test_any_text_is_answered(golden: Client, q: str, kind: str | None) -> None:
    answer = golden.get("/v1/search", params={"q": q} | ({"kind": kind} if kind else {}))
    assert answer.status_code == 200, answer.text


@pytest.mark.parametrize("q", ["", "a\x00b", "x" * 201, "x" * 10_000])
def test_what_is_no_query_is_refused(golden: Client, q: str) -> None:
    assert golden.get("/v1/search", params={"q": q}).status_code == 422


@given(st.text(min_size=1, max_size=60).filter(lambda q: "\x00" not in q))
@settings(max_examples=150)
def test_any_text_at_all_is_answered(golden: Client, q: str) -> None:
    if not any("\ud800" <= sign <= "\udfff" for sign in q):
        assert golden.get("/v1/search", params={"q": q}).status_code == 200


def test_a_hit_says_where_it_stands_and_where_to_hear_it(golden: Client) -> None:
    insight, segment = golden.get("/v1/search", params={"q": "dollars fifty"}).json()["items"]
    assert [segment["text"][mark["start"] : mark["end"]] for mark in segment["highlights"]] == ["fifty", "dollars"]
    (known,) = golden.get("/v1/insights").json()["items"]
    assert (insight["insight_id"], insight["start_ms"]) == (known["id"], known["start_ms"])
    assert golden.get(insight["links"]["insight"]).json()["quote"] == insight["text"] == PAY
    for hit in (insight, segment):
        assert golden.get(hit["links"]["transcript"]).json()["segments"][5]["start_ms"] == hit["start_ms"]
        assert golden.get(hit["links"]["recording"].partition("#")[0]).status_code == 200
        assert hit["links"]["recording"].endswith(f"#t={hit['start_ms'] / 1000:.3f},{hit['end_ms'] / 1000:.3f}")


def test_only_what_is_asked_for_is_searched(here: Installation, client: Client) -> None:
    heard(here, client, SAID)
    other = heard(here, client, (("S1", "Zürich once more."),))
    assert ids(client, "zurich") == [1, 1]
    assert ids(client, "zurich", interview_id=other["id"]) == [1]
    assert ids(client, "dollars", kind="insight") == ["insight"]
    assert ids(client, "dollars", kind="segment") == [6]
    assert ids(client, "dollars", interview_id=other["id"]) == []


def test_nobody_finds_what_is_anothers(here: Installation, client: Client, stranger: Client) -> None:
    mine = heard(here, client, SAID)
    assert ids(client, "zurich") == [1]
    assert ids(stranger, "zurich") == []
    assert ids(stranger, "zurich", interview_id=mine["id"]) == []


@pytest.mark.parametrize("few", [500, 8, 0])
def test_pages_hold_each_hit_once_and_what_was_said_last_comes_first(
    here: Installation, client: Client, monkeypatch: pytest.MonkeyPatch, few: int
) -> None:
    monkeypatch.setattr(finding, "FEW", few)
    for _ in range(3):
        heard(here, client, (("S1", "a lamp"), ("S2", "two lamps"), ("S1", "more lamps")))
    seen, cursor = [], None
    while True:
        asked = {"q": "lamp", "limit": 2} | ({"cursor": cursor} if cursor else {})
        page = client.get("/v1/search", params=asked).json()
        seen += [(item["interview"]["id"], item["segment_id"]) for item in page["items"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    newest = [item["id"] for item in client.get("/v1/interviews").json()["items"]]
    assert seen == [(interview, number) for interview in newest for number in (1, 2, 3)]
    wrong = client.get("/v1/search", params={"q": "other", "cursor": page_of(client)})
    assert (wrong.status_code, wrong.json()["code"]) == (400, "cursor-invalid")


def page_of(client: Client) -> str:
    cursor: str = client.get("/v1/search", params={"q": "lamp", "limit": 1}).json()["next_cursor"]
    return cursor


def right(here: Installation) -> bool:
    return search.check(here.engine) == []


def test_an_edit_is_found_at_once_and_what_it_replaced_is_not(here: Installation, client: Client) -> None:
    made = heard(here, client)
    client.patch(f"{made['links']['transcript']}/segments/2", json={"text": "I earn nothing."})
    assert (ids(client, "dollars"), ids(client, "earn nothing")) == ([], [2])
    assert right(here)


def test_another_version_takes_the_place_of_the_one_before(here: Installation, client: Client) -> None:
    made = heard(here, client)
    hear_again(here, client, made, (("S1", "All else is new."), ("S2", PAY)))
    assert (ids(client, "lamps"), ids(client, "dollars")) == ([], ["insight", 2])
    assert right(here)


def test_an_interview_brought_in_is_found_before_anybody_has_worked_on_it(here: Installation, client: Client) -> None:
    made = plan(client)
    url, headers = f"{made['links']['self']}/transcript", {"Content-Type": "text/plain"}
    assert client.put(url, params={"consent": "true"}, content="Ada: Such a xylophone!", headers=headers).is_success
    assert ids(client, "xylophone") == [1]
    assert right(here)


def test_a_rejected_insight_is_not_found_until_it_is_taken_back(here: Installation, client: Client) -> None:
    insight = listed(client, heard(here, client), category="compensation")[0]
    review(client, insight, state="rejected")
    assert ids(client, "dollars", kind="insight") == []
    review(client, insight, state="confirmed", quote="fifty-two thousand dollars")
    assert (ids(client, "dollars", kind="insight"), ids(client, "make", kind="insight")) == (["insight"], [])
    assert right(here)


def test_an_insight_added_by_hand_is_found_until_it_is_deleted(here: Installation, client: Client) -> None:
    made = heard(here, client)
    wanted = {"quote": "answer letters", "categories": ["typical_day"]}
    added = client.post(f"{made['links']['self']}/insights", json=wanted).json()
    assert ids(client, '"answer letters"', kind="insight").count("insight") == 2
    assert client.delete(f"/v1/insights/{added['id']}").status_code == 204
    assert ids(client, '"answer letters"', kind="insight").count("insight") == 1
    assert right(here)


CANARY = "zyxquokka"


@pytest.mark.parametrize("by", ["withdrawal", "deletion"])
def test_what_is_erased_is_in_no_index(here: Installation, client: Client, by: str) -> None:
    heard(here, client)
    made = heard(here, client, (("S1", f"Is it {CANARY}?"), ("S2", f"I make fifty thousand dollars at {CANARY}.")))
    assert (len(ids(client, CANARY)), CANARY.encode() in bytes_of_database(here)) == (3, True)
    if by == "withdrawal":
        client.post(f"/v1/consents/{made['consent']['id']}/withdraw", json={})
    else:
        client.delete(made["links"]["self"])
    assert ids(client, CANARY) == []
    assert CANARY.encode() not in bytes_of_database(here)
    assert right(here)


def test_a_check_finds_what_is_missing_and_what_is_left(here: Installation, client: Client) -> None:
    heard(here, client)
    with writing(here.engine) as session:
        session.connection().execute(text("update segment set text = 'other words' where number = 1"))
        session.connection().execute(text("delete from search_entry where segment_number = 2"))
    assert sorted(fault.partition(": ")[2] for fault in search.check(here.engine)) == [
        "segment 1 is not indexed as it is",
        "segment 2 is not indexed as it is",
    ]


def test_interviews_from_before_there_was_an_index_are_indexed_at_the_next_start(
    here: Installation, client: Client
) -> None:
    heard(here, client)
    with writing(here.engine) as session:
        session.connection().execute(text("delete from search_entry"))
    assert ids(client, "lamps") == []
    assert (search.catch_up(here.engine), search.catch_up(here.engine)) == (1, 0)
    assert (len(ids(client, "lamps")), right(here)) == (2, True)


def test_a_segment_that_was_made_to_be_too_long_is_found_by_its_beginning(here: Installation, client: Client) -> None:
    said = "first " + " ".join(f"w{number}" for number in range(150_000)) + " last"
    segment = Segment(id=1, start_ms=0, end_ms=1, speaker="S1", text=said)
    made = spoken(("S1", "x")).model_copy(update={"segments": (segment,)})
    with writing(here.engine) as session:
        transcripts.add(session, here.interview().id, made, job_id=None)
    assert (ids(client, "first w1000"), ids(client, "last")) == ([1], [])


@given(st.text(max_size=80))
def test_a_token_stands_where_it_says_and_folding_twice_changes_nothing(said: str) -> None:
    for token in words.tokens(said):
        assert words.fold(said[token.start : token.end]) == token.folded
        assert words.fold(token.folded) == token.folded
        assert not set(token.folded) & set(" _'\"\\%")


@given(st.text(max_size=60), st.text(max_size=60))
def test_whatever_is_highlighted_is_what_was_asked_for(said: str, q: str) -> None:
    query = queries.parse(q)
    shown = snippets.snippet(said, query)
    asked = {word for term in query.terms for word in term.words}
    for start, end in shown.highlights:
        inside = [token.folded for token in words.tokens(shown.text[start:end])]
        assert any(word.startswith(tuple(asked)) for word in inside)


@pytest.mark.parametrize("at", [0, 5, 100, 199])
def test_of_a_long_text_a_piece_around_the_first_place_is_shown(at: int) -> None:
    said = " ".join("lamp" if number == at else f"word{number}" for number in range(200))
    shown = snippets.snippet(said, queries.parse("lamp"))
    ((start, end),) = shown.highlights
    assert shown.text[start:end] == "lamp"
    assert len(shown.text) <= snippets.MOST_CHARS + 2
    assert (shown.text[0] == "…", shown.text[-1] == "…") == (at > 5, at < 199)
