"""Three interviews from elsewhere, as somebody with curl would use them: brought in, searched, edited, compared.

The API and the worker are real processes; the texts are ours (`texts/`).
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests import databases
from tests.whole.service import KEY, Service, eventually, running

TEXTS = Path(__file__).parent / "texts"
KINDS = {".vtt": "text/vtt", ".txt": "text/plain", ".json": "application/json"}
TRAM, FERRY, TRAIN = "tram_driver.vtt", "ferry_captain.txt", "train_dispatcher.json"
QUESTIONS = ["How much does the job pay?", "What do you enjoy most about the work?", "Do you own a boat?"]
WAGE = "I make twenty-eight dollars an hour."
SENT_TO = "Marisol Etxeberria"


@dataclass
class Desk:
    """Where somebody sits with a key; `ids` are those of the interviews, by the names of their texts."""

    service: Service
    ids: dict[str, str] = field(default_factory=dict)

    def ask(self, verb: str, path: str, *, kind: str = "application/json", **options: Any) -> httpx.Response:
        headers = {"Authorization": f"Bearer {KEY}", "Content-Type": kind}
        return httpx.request(verb, f"{self.service.url}/v1{path}", headers=headers, timeout=30, **options)

    def done(self, verb: str, path: str, **options: Any) -> Any:
        answer = self.ask(verb, path, **options)
        assert answer.is_success, answer.text
        return answer.json()

    def items(self, path: str, **query: Any) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.done("GET", path, params=query)["items"]
        return found

    def below(self, name: str, path: str = "") -> str:
        return f"/interviews/{self.ids[name]}{path}"

    def bring_in(self, name: str, **known: str) -> None:
        self.ids[name] = self.done("POST", "/interviews", json=known)["id"]
        self.done("PUT", self.below(name, "/questions"), json={"questions": QUESTIONS})
        kind, content = KINDS[Path(name).suffix], (TEXTS / name).read_bytes()
        self.done("PUT", self.below(name, "/transcript?consent=true"), kind=kind, content=content)

    def wait(self) -> None:
        """Until the worker has nothing left to do."""
        eventually(lambda: all(self.done("GET", self.below(name))["status"] == "ready" for name in self.ids))

    def insights(self, name: str, category: str) -> list[dict[str, Any]]:
        return self.items(self.below(name, "/insights"), category=category)

    def questions(self, name: str) -> list[tuple[str, bool]]:
        return [(one["status"], one["stale"]) for one in self.items(self.below(name, "/questions"))]

    def contact(self, name: str) -> dict[str, Any]:
        (found,) = self.items("/contacts", interview_id=self.ids[name])
        return found


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with running(tmp_path) as service:
        service.worker()
        desk = Desk(service)
        desk.bring_in(TRAM, role="Tram driver", employer="City Transit", interviewee="Walter")
        desk.bring_in(FERRY, role="Ferry captain", employer="Fjord Line")
        desk.bring_in(TRAIN, role="Train dispatcher", employer="Northern Rail")
        desk.wait()
        yield desk


def test_three_interviews_from_their_texts_to_what_they_say_together(desk: Desk) -> None:
    insights_stand_where_they_were_said(desk)
    contacts_know_the_words_that_name_them(desk)
    questions_know_what_became_of_them(desk)
    an_edit_makes_stale_what_it_touches_and_nothing_else(desk)
    looking_again_is_one_call_and_keeps_what_was_confirmed(desk)
    pay_is_compared_by_the_year(desk)
    they_agree_and_contradict_each_other_with_quotes(desk)
    nothing_is_left_of_one_that_is_withdrawn(desk)
    nothing_that_was_said_is_in_the_logs(desk)


def insights_stand_where_they_were_said(desk: Desk) -> None:
    (wage,) = desk.insights(TRAM, "compensation")
    assert (wage["quote"], wage["speaker"], wage["start_ms"], wage["end_ms"]) == (WAGE, "S2", 35_500, 39_700)
    assert wage["question"]["text"] == "How much does a tram driver make here?"
    assert (wage["value"]["amount_min"], wage["value"]["period"], wage["value"]["currency"]) == (28, "hour", "USD")
    speakers = {one["id"]: one["name"] for one in desk.done("GET", desk.below(TRAM, "/transcript"))["speakers"]}
    assert speakers["S2"] == "Walter"
    wanted = {"compensation", "typical_day", "enjoys", "dislikes", "referral", "career_path", "expectations"}
    for name in (FERRY, TRAIN):
        found = desk.items(desk.below(name, "/insights"), limit=100)
        assert wanted <= {category for one in found for category in one["categories"]}
        words = " ".join(one["text"] for one in desk.done("GET", desk.below(name, "/transcript"))["segments"])
        assert all(one["quote"] in words and one["speaker"] == "S2" for one in found)


def contacts_know_the_words_that_name_them(desk: Desk) -> None:
    contact = desk.contact(TRAM)
    assert (contact["name"], contact["offered"], contact["state"]) == (SENT_TO, "introduction", "proposed")
    assert SENT_TO in contact["evidence"]["quote"]
    assert (contact["evidence"]["start_ms"], contact["evidence"]["stale"]) == (95_200, False)
    assert contact["also_named_in"] == [desk.ids[TRAIN]]
    assert desk.contact(FERRY)["name"] == "Tobias Renner"


def questions_know_what_became_of_them(desk: Desk) -> None:
    assert desk.questions(TRAM) == [("answered", False), ("answered", False), ("skipped", False)]
    pay = desk.items(desk.below(TRAM, "/questions"))[0]
    assert (pay["asked"]["start_ms"], pay["answer"]["text"]) == (32_000, WAGE)


def an_edit_makes_stale_what_it_touches_and_nothing_else(desk: Desk) -> None:
    (wage,), (likes, *_) = desk.insights(TRAM, "compensation"), desk.insights(TRAM, "enjoys")
    for one in (wage, likes):
        desk.done("PATCH", f"/insights/{one['id']}", json={"state": "confirmed"})
    (segment,) = wage["segment_ids"]
    text = WAGE.replace("twenty-eight", "twenty-nine")
    edited = desk.done("PATCH", desk.below(TRAM, f"/transcript/segments/{segment}"), json={"text": text})
    assert (edited["version"], edited["segments"][0]["start_ms"]) == (2, 35_500)
    stale = {one["quote"] for one in desk.items(desk.below(TRAM, "/insights"), limit=100) if one["stale"]}
    assert stale == {WAGE}
    everywhere = desk.items("/insights", category="compensation", limit=100)
    assert {one["interview"]["id"] for one in everywhere} == {desk.ids[FERRY], desk.ids[TRAIN]}
    assert desk.contact(TRAM)["evidence"]["stale"] is False
    assert {stale for _status, stale in desk.questions(TRAM)} == {True}


def looking_again_is_one_call_and_keeps_what_was_confirmed(desk: Desk) -> None:
    desk.done("POST", desk.below(TRAM, "/extractions"))
    desk.wait()
    found = {one["quote"]: one for one in desk.insights(TRAM, "compensation")}
    told, heard = found[WAGE], found[WAGE.replace("twenty-eight", "twenty-nine")]
    assert (told["state"], told["stale"], heard["state"], heard["value"]["amount_min"]) == (
        *("confirmed", True),
        *("proposed", 29),
    )
    assert [one["state"] for one in desk.insights(TRAM, "enjoys")] == ["confirmed"]
    assert desk.questions(TRAM)[0] == ("answered", False)


def pay_is_compared_by_the_year(desk: Desk) -> None:
    pay = desk.done("GET", "/comparison")["pay"]
    yearly = {one["quote"]["interview_id"]: one["yearly_min"] for one in pay["figures"] if one["measure"] == "regular"}
    assert yearly == {desk.ids[TRAM]: 29 * 40 * 52, desk.ids[FERRY]: 61_000, desk.ids[TRAIN]: 108_000}
    (regular,) = (one for one in pay["summaries"] if one["measure"] == "regular")
    assert (regular["low"], regular["median"], regular["high"]) == (60_320, 61_000, 108_000)
    assert (regular["figures"], regular["interviews"]) == (3, 3)
    links = [f"/insights/{one}" for one in regular["insight_ids"]]
    assert {desk.done("GET", link)["interview_id"] for link in links} == set(desk.ids.values())


def they_agree_and_contradict_each_other_with_quotes(desk: Desk) -> None:
    found = desk.done("GET", "/comparison")
    alike, apart = (
        {
            one["about"]: [{quote["interview_id"] for quote in side["quotes"]} for side in one["sides"]]
            for one in found[of]
        }
        for of in ("agreements", "contradictions")
    )
    tram, ferry, train = (desk.ids[name] for name in (TRAM, FERRY, TRAIN))
    assert alike["pay:regular"] == alike["customers"] == [{tram, ferry}]
    assert alike["paperwork"] == [{ferry, train}]
    assert [len(side) for side in apart["pay:regular"]] == [1, 1]
    assert apart["customers"][0] | apart["customers"][1] == {tram, ferry, train}
    assert {train} in apart["customers"]


def nothing_is_left_of_one_that_is_withdrawn(desk: Desk) -> None:
    contact, gone = desk.contact(TRAM), desk.ids.pop(TRAM)
    (consent,) = desk.items("/consents", interview_id=gone)
    desk.done("POST", f"/consents/{consent['id']}/withdraw", json={})
    reads = ("/transcript", "/insights", "/questions")
    statuses = [desk.ask("GET", f"/interviews/{gone}{path}").status_code for path in reads]
    statuses.append(desk.ask("GET", "/comparison", params={"interview_id": gone}).status_code)
    assert statuses == [451] * 4
    assert desk.ask("GET", contact["links"]["self"].removeprefix("/v1")).status_code == 404
    assert gone not in {one["interview"]["id"] for one in desk.items("/insights", stale=True, limit=100)}
    assert gone not in {one["id"] for one in desk.done("GET", "/comparison")["interviews"]}
    assert desk.contact(TRAIN)["also_named_in"] == []
    kept = databases.content(desk.service.database_url)
    assert b"at the depot" not in kept
    assert b"twenty-nine" not in kept


def nothing_that_was_said_is_in_the_logs(desk: Desk) -> None:
    logs = "".join(started.log.read_text() for started in desk.service.started)
    assert '"ended"' in logs
    assert not [word for word in ("twenty", "Etxeberria", "Solheim", "boat", "Fjord", "passengers") if word in logs]
