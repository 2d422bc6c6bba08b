"""Interviews side by side: cells with their best quotes, pay by the year, what is said alike and otherwise."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import event

from app import comparison, ids
from app.comparison import Assumptions, opinions, pay
from app.comparison.opinions import Opinion
from app.comparison.values import Quote
from tests.client import Client
from tests.installation import Installation
from tests.scenes import heard, plan, said

YEAR = {"amount_min": 50000, "amount_max": 50000, "currency": "USD", "period": "year", "kind": "base"}


def ready(here: Installation, title: str = "A talk", **facts: Any) -> str:
    """The id of an interview whose words are there."""
    return here.interview(title=title, status="ready", transcript_version=1, **facts).id


def compared(client: Client, *interview_ids: str, **asked: Any) -> dict[str, Any]:
    answer = client.get("/v1/comparison", params={"interview_id": list(interview_ids), **asked})
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def cell(found: dict[str, Any], category: str, interview_id: str) -> dict[str, Any]:
    row = next(row for row in found["categories"] if row["category"] == category)
    return next(one for one in row["cells"] if one["interview_id"] == interview_id)


def quote(text: str = "x", *categories: str, of: str = "a", **facts: Any) -> Quote:
    usual: dict[str, Any] = {"speaker": "S2", "start_ms": 0, "end_ms": 1, "values": (), "confidence": 0.5}
    usual |= {"state": "proposed", "stale": False, "insight_id": ids.new(ids.Kind.INSIGHT)}
    return Quote(interview_id=of, quote=text, categories=categories or ("compensation",), **usual | facts)


def figure(low: float | None, high: float | None = -1, **facts: Any) -> Quote:
    of = facts.pop("of", "a")
    value = {**YEAR, "amount_min": low, "amount_max": low if high == -1 else high, **facts}
    return quote(of=of, values=(value,))


def summed(*figures: Quote, **assumed: float) -> pay.Pay:
    return pay.compare(figures, Assumptions(**assumed))  # type: ignore[arg-type]


@contextmanager
def counted(client: Client) -> Iterator[list[str]]:
    statements: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        statements.append(statement)

    engine = client.service.state.house.engine
    event.listen(engine, "before_cursor_execute", note)
    yield statements
    event.remove(engine, "before_cursor_execute", note)


def test_every_category_has_a_cell_for_every_interview(here: Installation, client: Client) -> None:
    one, other = heard(here, client), heard(here, client, role="archivist")
    found = compared(client, one["id"], other["id"])
    assert [row["category"] for row in found["categories"]][:2] == ["compensation", "referral"]
    assert all([c["interview_id"] for c in row["cells"]] == [one["id"], other["id"]] for row in found["categories"])
    shown = cell(found, "compensation", one["id"])
    assert (shown["count"], shown["quotes"][0]["quote"]) == (1, "I make about fifty-two thousand dollars a year.")
    assert client.get(shown["quotes"][0]["link"]).json()["start_ms"] == shown["quotes"][0]["start_ms"]


def test_peoples_word_comes_first_then_confidence_and_what_was_rejected_never(
    here: Installation, client: Client
) -> None:
    talk = ready(here)
    weak = said(here, talk, "weak", confidence=0.5)
    sure = said(here, talk, "sure", confidence=0.9)
    mine = said(here, talk, "mine", confidence=0.1, state="corrected")
    said(here, talk, "wrong", confidence=0.99, state="rejected")
    shown = cell(compared(client, talk), "compensation", talk)
    assert ([one["insight_id"] for one in shown["quotes"]], shown["count"]) == ([mine, sure, weak], 3)
    assert len(cell(compared(client, talk, quotes=1), "compensation", talk)["quotes"]) == 1


def test_a_stale_quote_is_shown_only_to_who_asks(here: Installation, client: Client) -> None:
    talk = ready(here)
    said(here, talk, "gone", stale=True)
    assert cell(compared(client, talk), "compensation", talk)["count"] == 0
    assert cell(compared(client, talk, stale=True), "compensation", talk)["quotes"][0]["stale"] is True


def test_what_nobody_spoke_of_is_named_so_that_it_can_be_asked(here: Installation, client: Client) -> None:
    talk, silent = ready(here), ready(here)
    said(here, talk, "You need patience.", "skills", "advice")
    found = compared(client, talk, silent)
    skills = next(row for row in found["categories"] if row["category"] == "skills")
    assert (skills["count"], skills["nothing_from"]) == (1, [silent])
    missing = [set(one["missing"]) for one in found["interviews"]]
    assert missing[1] - missing[0] == {"skills", "advice"}


def test_an_interview_that_is_not_ready_is_listed_and_its_silence_says_nothing(client: Client) -> None:
    made = plan(client, title="x")
    found = compared(client, made["id"])
    assert [(one["status"], one["missing"]) for one in found["interviews"]] == [("planned", None)]
    assert [row["nothing_from"] for row in found["categories"]] == [[]] * 12
    assert cell(found, "compensation", made["id"]) == {"interview_id": made["id"], "count": 0, "quotes": []}


def test_the_silence_of_words_that_nobody_has_searched_says_nothing(client: Client) -> None:
    made = plan(client, title="x")
    path = f"{made['links']['self']}/transcript?consent=true"
    assert client.put(path, content="Ada: Hello.", headers={"Content-Type": "text/plain"}).status_code == 201
    found = compared(client)
    assert [(one["status"], one["missing"]) for one in found["interviews"]] == [("queued", None)]
    assert [row["nothing_from"] for row in found["categories"]] == [[]] * 12


def test_one_category_alone_can_be_compared(here: Installation, client: Client) -> None:
    talk = ready(here)
    said(here, talk, "fifty thousand", values=[YEAR])
    found = compared(client, talk, category="advice")
    assert [row["category"] for row in found["categories"]] == ["advice"]
    assert (found["pay"]["figures"], found["interviews"][0]["missing"]) == ([], ["advice"])


def test_without_ids_the_newest_that_have_words_are_compared_and_it_says_so(here: Installation, client: Client) -> None:
    talks = [ready(here, role="Lamp nurse" if number % 2 else "clerk") for number in range(comparison.NEWEST + 2)]
    plan(client, title="not yet")
    found = compared(client)
    assert ([one["id"] for one in found["interviews"]], found["has_more"]) == (talks[:1:-1], True)
    nurses = compared(client, role="NURSE")
    assert ([one["id"] for one in nurses["interviews"]], nurses["has_more"]) == (talks[::-2], False)
    assert (found["chosen_by"], compared(client, talks[0])["chosen_by"]) == ("newest", "ids")


def test_a_percent_sign_in_a_role_is_a_percent_sign(here: Installation, client: Client) -> None:
    ready(here, role="clerk")
    assert compared(client, role="%")["interviews"] == []


def test_role_and_employer_narrow_the_ones_that_are_named(here: Installation, client: Client) -> None:
    one, other = ready(here, employer="Northern Lights"), ready(here, employer="Harbour")
    assert [i["id"] for i in compared(client, one, other, one, employer="light")["interviews"]] == [one]


def test_somebody_elses_interview_does_not_exist_and_is_in_no_comparison(
    here: Installation, client: Client, stranger: Client
) -> None:
    talk = ready(here)
    foreign = stranger.get("/v1/comparison", params={"interview_id": talk})
    absent = client.get("/v1/comparison", params={"interview_id": ids.new(ids.Kind.INTERVIEW)})
    assert (foreign.status_code, absent.status_code) == (404, 404)
    assert stranger.get("/v1/comparison").json()["interviews"] == []


def test_a_withdrawn_interview_is_refused_by_name_and_left_out_otherwise(here: Installation, client: Client) -> None:
    made = heard(here, client)
    client.post(f"/v1/consents/{made['consent']['id']}/withdraw", json={})
    refused = client.get("/v1/comparison", params={"interview_id": made["id"]})
    assert (refused.status_code, refused.json()["code"]) == (451, "consent-withdrawn")
    assert compared(client)["interviews"] == []


@pytest.mark.parametrize(
    "wrong",
    [
        {"interview_id": "x"},
        {"interview_id": [ids.new(ids.Kind.INTERVIEW) for _ in range(51)]},
        {"hours_per_week": 0},
        {"hours_per_week": "nan"},
        {"weeks_per_year": 54},
        {"days_per_week": 8},
        {"category": "gossip"},
        {"quotes": 0},
        {"months_per_year": 12},
    ],
)
def test_what_cannot_be_compared_is_refused(client: Client, wrong: dict[str, Any]) -> None:
    assert client.get("/v1/comparison", params=wrong).status_code == 422


def test_more_interviews_are_not_more_queries(here: Installation, client: Client) -> None:
    talks = [ready(here) for _ in range(12)]
    for talk in talks:
        for number in range(3):
            said(here, talk, f"words {number}", "skills", "advice")
    compared(client)  # the first use of a key is noted
    counts: list[int] = []
    for asked in (talks[:1], talks):
        with counted(client) as statements:
            compared(client, *asked)
        counts.append(len(statements))
    assert counts[0] == counts[1]


@pytest.mark.parametrize(
    ("period", "amount", "assumed", "yearly"),
    [
        ("year", 50000, {}, 50000),
        ("month", 4000, {}, 48000),
        ("week", 1000, {}, 52000),
        ("day", 200, {}, 52000),
        ("hour", 25, {}, 52000),
        ("hour", 25, {"hours_per_week": 37.5, "weeks_per_year": 46}, 43125),
        ("day", 200, {"days_per_week": 4, "weeks_per_year": 40}, 32000),
        ("month", 4000, {"weeks_per_year": 40}, 48000),
    ],
)
def test_a_figure_becomes_a_year_by_what_is_assumed(
    period: str, amount: float, assumed: dict[str, float], yearly: float
) -> None:
    found = summed(figure(amount, period=period), **assumed).figures[0]
    assert (found.yearly_min, found.yearly_max, found.left_out) == (yearly, yearly, None)
    assert (found.value["amount_min"], found.value["period"]) == (amount, period)


def test_pay_over_http_says_what_was_assumed_and_keeps_the_figure_as_it_was_said(
    here: Installation, client: Client
) -> None:
    talk = ready(here)
    insight = said(
        here, talk, "twenty an hour", values=[{**YEAR, "amount_min": 20, "amount_max": 22, "period": "hour"}]
    )
    found = compared(client, talk, hours_per_week=30)["pay"]
    assert found["assumptions"] == {
        "hours_per_week": 30, "days_per_week": 5, "weeks_per_year": 52, "months_per_year": 12,
    }  # fmt: skip
    one = found["figures"][0]
    assert (one["value"]["amount_max"], one["yearly_max"], one["quote"]["insight_id"]) == (22, 34320, insight)
    assert (found["summaries"][0]["median"], found["summaries"][0]["insight_ids"]) == (32760, [insight])


def test_the_summary_has_range_median_and_how_many() -> None:
    found = summed(figure(40000, 50000), figure(60000, of="b"), figure(52000, 58000, of="b", kind="range")).summaries
    assert [(one.low, one.high, one.median, one.figures, one.interviews) for one in found] == [
        (40000, 60000, 55000, 3, 2)
    ]


def test_currencies_and_unlike_kinds_are_never_mixed() -> None:
    kinds = ("base", "range", "starting", "total", "bonus", "equity")
    found = summed(*(figure(100, kind=kind) for kind in kinds), figure(100, currency="EUR")).summaries
    assert [(one.currency, one.measure, one.figures) for one in found] == [
        ("EUR", "regular", 1), ("USD", "regular", 1), ("USD", "starting", 1), ("USD", "total", 1),
        ("USD", "bonus", 1), ("USD", "equity", 1),
    ]  # fmt: skip


def test_the_same_figure_said_twice_counts_once_and_keeps_both_quotes() -> None:
    found = summed(figure(50000), figure(50000), figure(70000, of="b")).summaries[0]
    assert (found.median, found.figures, len(found.insight_ids)) == (60000, 2, 3)


def test_every_figure_of_a_quote_counts_each_against_its_like(here: Installation, client: Client) -> None:
    figures = [{**YEAR, "amount_min": n, "amount_max": n, "kind": k} for n, k in ((50000, "base"), (5000, "bonus"))]
    talk = ready(here)
    insight = said(here, talk, "fifty and a bonus of five", value=figures[0], values=figures)
    found = compared(client, talk)["pay"]
    assert [(one["value"]["amount_min"], one["measure"]) for one in found["figures"]] == [
        (50000, "regular"), (5000, "bonus"),
    ]  # fmt: skip
    assert {one["quote"]["insight_id"] for one in found["figures"]} == {insight}
    assert [(one["measure"], one["median"], one["insight_ids"]) for one in found["summaries"]] == [
        ("regular", 50000, [insight]), ("bonus", 5000, [insight]),
    ]  # fmt: skip


def test_two_like_figures_of_one_quote_are_two_figures_and_one_quote() -> None:
    twice = quote(values=({**YEAR, "amount_max": 60000}, {**YEAR, "amount_min": 70000, "amount_max": 80000}))
    (found,) = summed(twice).summaries
    assert (found.figures, found.low, found.high, found.insight_ids) == (2, 50000, 80000, (twice.insight_id,))


@pytest.mark.parametrize(
    ("said_too", "low", "high", "below", "above"),
    [
        (figure(90000, None), 50000, 90000, False, True),
        (figure(None, 30000), 30000, 50000, True, False),
        (figure(45000, None), 45000, 50000, False, True),
    ],
)
def test_an_open_end_is_a_bound_and_in_no_median(
    said_too: Quote, low: float, high: float, *, below: bool, above: bool
) -> None:
    found = summed(figure(50000), said_too).summaries[0]
    assert (found.low, found.high, found.median) == (low, high, 50000)
    assert (found.is_open_below, found.is_open_above) == (below, above)


def test_what_cannot_be_brought_to_a_year_is_listed_with_the_reason() -> None:
    found = summed(figure(5000, period=None, kind="bonus"), figure(50000, currency=None), figure(1, None))
    assert [one.left_out for one in found.figures] == ["no-period", "no-currency", None]
    assert (found.figures[0].yearly_min, found.figures[1].yearly_min) == (None, 50000)
    assert [(one.figures, one.median) for one in found.summaries] == [(1, None)]


def test_pay_that_a_person_has_filed_elsewhere_is_no_pay() -> None:
    assert pay.compare([quote("x", "outlook", values=(YEAR,)), quote("x")], Assumptions()).figures == ()


@pytest.mark.parametrize(
    ("figures", "agree", "differ"),
    [
        ([figure(50000), figure(52000, of="b")], True, False),
        ([figure(50000, 60000), figure(58000, 70000, of="b")], True, False),
        ([figure(50000), figure(24.5, of="b", period="hour")], True, False),
        ([figure(50000), figure(65000, of="b")], False, False),
        ([figure(50000), figure(90000, of="b")], False, True),
        ([figure(50000), figure(51000)], False, False),
        ([figure(50000), figure(90000)], False, False),
        ([figure(50000), figure(52000, of="b", currency="EUR")], False, False),
        ([figure(50000), figure(90000, of="b", kind="starting")], False, False),
        ([figure(30000, 100000), figure(52000, of="b")], False, False),
        ([figure(50000), figure(90000, None, of="b")], False, False),
        ([figure(0), figure(90000, of="b")], False, False),
        ([figure(50000), figure(52000, of="b"), figure(95000, of="c")], True, True),
    ],
)
def test_when_pay_agrees_and_when_it_differs(figures: list[Quote], *, agree: bool, differ: bool) -> None:
    found = summed(*figures)
    assert (bool(pay.agreements(found)), bool(pay.contradictions(found))) == (agree, differ)


def test_a_statement_about_pay_shows_the_quotes_it_rests_on() -> None:
    found = summed(figure(50000), figure(52000, of="b"), figure(95000, 99000, of="c"))
    together, apart = pay.agreements(found)[0], pay.contradictions(found)[0]
    assert together.sentence == "2 interviews name about the same regular pay: 50,000 to 52,000 USD a year."
    assert {one.interview_id for one in together.sides[0].quotes} == {"a", "b"}
    assert [side.says for side in apart.sides] == ["50,000 USD a year", "95,000 to 99,000 USD a year"]
    assert [one.interview_id for side in apart.sides for one in side.quotes] == ["a", "c"]


@pytest.mark.parametrize(
    ("text", "category", "expected"),
    [
        ("I love the hours.", "enjoys", ("hours", "praised")),
        ("I hate the hours.", "dislikes", ("hours", "complained of")),
        ("I don't like the long hours.", "dislikes", ("hours", "complained of")),
        ("The worst part is the paperwork.", "dislikes", ("paperwork", "complained of")),
        ("What I like least is the paperwork.", "dislikes", ("paperwork", "complained of")),
        ("What I like least is the paperwork.", "enjoys", None),
        ("The paperwork is what I enjoy the least.", "dislikes", ("paperwork", "complained of")),
        ("My colleagues are wonderful.", "enjoys", ("colleagues", "praised")),
        ("The pay is terrible, honestly.", "compensation", ("pay", "complained of")),
        ("I love the travel, but the paperwork is awful.", "enjoys", ("travel", "praised")),
        ("I love the hours.", "advice", None),
        ("I love the hours.", "dislikes", None),
        ("The hours are eight to five.", "enjoys", None),
        ("I love that there is no travel.", "enjoys", None),
        ("It is not stressful, and the deadlines are hard to miss.", "dislikes", None),
        ("I hated the hours at my old job.", "dislikes", None),
        ("Some people hate the travel.", "dislikes", None),
        ("I would love better pay.", "enjoys", None),
        ("I love that my long hours pay off.", "enjoys", None),
        ("I love brass and everything that I ever made of it on a quiet day after hours.", "enjoys", None),
    ],
)
def test_a_feeling_is_told_only_where_words_label_and_theme_stand_together(
    text: str, category: str, expected: tuple[str, str] | None
) -> None:
    feelings = {one for one in opinions.opinions(text, [category]) if one.basis == "feeling"}
    assert feelings == ({Opinion("feeling", *expected)} if expected else set())


@pytest.mark.parametrize(
    ("text", "category", "expected"),
    [
        ("You need a bachelor's degree to get in.", "skills", ("degree", "a degree is needed")),
        ("You really don't need a college degree.", "skills", ("degree", "no degree is needed")),
        ("A degree isn't required here.", "skills", ("degree", "no degree is needed")),
        ("If you want to teach, you need a degree.", "skills", None),
        ("I have a degree in music.", "career_path", None),
        ("Clock winders are in high demand.", "outlook", ("demand for people", "people are wanted")),
        ("It is hard to find a job now.", "outlook", ("demand for people", "there are few openings")),
        ("There is no demand for it, nor a shortage.", "outlook", None),
        ("Clock winders are in high demand.", "culture", None),
        ("AI will not replace us.", "outlook", ("machines", "machines will not take over the work")),
        ("AI is going to replace most of us.", "outlook", ("machines", "machines will take over the work")),
        ("It has great work-life balance.", "expectations", ("work-life balance", "work leaves room for life")),
        ("There is no job security.", "expectations", ("job security", "the job is not secure")),
    ],
)
def test_a_stance_is_taken_or_denied_or_not_understood(
    text: str, category: str, expected: tuple[str, str] | None
) -> None:
    stances = {one for one in opinions.opinions(text, [category]) if one.basis == "stance"}
    assert stances == ({Opinion("stance", *expected)} if expected else set())


@pytest.mark.parametrize(
    ("text", "labels", "expected"),
    [
        ("It is all about the flexibility.", ["enjoys"], {"praised"}),
        ("And then there is the red tape.", ["dislikes", "outlook"], {"complained of"}),
        ("And then there is the red tape.", ["dislikes", "enjoys"], set()),
        ("And then there is the red tape.", ["outlook"], set()),
        ("There is hardly any red tape.", ["enjoys"], set()),
    ],
)
def test_a_label_that_a_person_has_vouched_for_says_enough(text: str, labels: list[str], expected: set[str]) -> None:
    assert {one.says for one in opinions.opinions(text, labels, is_vouched_for=True)} == expected
    assert opinions.opinions(text, labels) == set()


def test_a_confirmed_insight_is_held_against_others_by_its_label(here: Installation, client: Client) -> None:
    one, other = ready(here), ready(here)
    first = said(here, one, "It is all about the flexibility.", "enjoys")
    said(here, other, "I love the flexibility.", "enjoys")
    assert compared(client, one, other)["agreements"] == []
    client.patch(f"/v1/insights/{first}", json={"state": "confirmed"})
    assert [s["about"] for s in compared(client, one, other)["agreements"]] == ["flexibility"]


def test_two_who_say_the_same_agree_and_each_is_quoted() -> None:
    said_alike = [quote("I love the hours.", "enjoys", of=of) for of in ("a", "b", "b")]
    found = opinions.agreements(opinions.subjects(said_alike))
    assert [(one.about, one.sentence) for one in found] == [("hours", "Hours: praised in 2 interviews.")]
    assert [one.interview_id for one in found[0].sides[0].quotes] == ["a", "b"]


def test_two_who_say_the_contrary_contradict_each_other() -> None:
    degree = [quote("You need a degree.", "skills", of="a"), quote("You don't need a degree.", "skills", of="b")]
    hours = [quote("I love the hours.", "enjoys", of="a"), quote("I hate the hours.", "dislikes", of="b")]
    found = opinions.contradictions(opinions.subjects(degree + hours))
    assert [(one.about, one.sentence) for one in found] == [
        ("hours", "Hours: complained of in 1, praised in 1."),
        ("degree", "1 says that a degree is needed, 1 says that no degree is needed."),
    ]
    assert all(len({q.interview_id for side in one.sides for q in side.quotes}) == 2 for one in found)


def test_who_says_both_is_on_neither_side() -> None:
    torn = [quote("I love the hours.", "enjoys", of="a"), quote("I hate the hours.", "dislikes", of="a")]
    other = quote("I hate the hours.", "dislikes", of="b")
    found = opinions.subjects([*torn, other])
    assert (opinions.agreements(found), opinions.contradictions(found)) == ([], [])


def test_agreements_and_contradictions_over_http_lead_to_their_insights(here: Installation, client: Client) -> None:
    one, other = ready(here), ready(here)
    first = said(here, one, "I love the travel.", "enjoys")
    second = said(here, other, "I hate the travel.", "dislikes")
    said(here, one, "fifty", values=[YEAR])
    said(here, other, "fifty", values=[YEAR])
    found = compared(client, one, other)
    assert [(s["about"], s["basis"]) for s in found["agreements"]] == [("pay:regular", "pay")]
    sides = found["contradictions"][0]["sides"]
    assert [side["quotes"][0]["insight_id"] for side in sides] == [second, first]


def test_nothing_is_stated_of_one_interview_alone(here: Installation, client: Client) -> None:
    talk = ready(here)
    for text, category in (("I love the hours.", "enjoys"), ("I hate the travel.", "dislikes")):
        said(here, talk, text, category)
    found = compared(client, talk)
    assert (found["agreements"], found["contradictions"]) == ([], [])
