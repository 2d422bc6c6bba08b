"""Contacts: proposed where a referral is kept, judged by people, planned with, and erased with what was said."""

import json
from typing import Any

import pytest

from app import contacts, models
from app.db import reading, writing
from tests.client import Client
from tests.installation import SAMPLE, Installation
from tests.scenes import REFERRAL, SENT, WORD_MS, bytes_of_database, heard, plan, search, spoken, work_through

ASKED = SENT[0]
DAN = "I can put you in touch with Dan Whitlock at Kestrel Games."
MORE = (*SENT, ("S1", "And who else?"), ("S2", DAN))
# A first name and a surname that are nowhere else on this machine.
CANARY = "Zyxquokka"
SECRET = (ASKED, ("S2", f"You should talk to {CANARY} Vexley, our head of design."))


def listed(client: Client, **filters: Any) -> list[dict[str, Any]]:
    answer = client.get("/v1/contacts", params=filters)
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["items"]
    return found


def names(client: Client, **filters: Any) -> list[str | None]:
    return [one["name"] for one in listed(client, **filters)]


def judge(client: Client, contact: dict[str, Any], **change: Any) -> dict[str, Any]:
    answer = client.patch(contact["links"]["self"], json=change)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def shown(client: Client, contact: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = client.get(contact["links"]["self"]).json()
    return found


def hear_again(here: Installation, client: Client, made: dict[str, Any], turns: Any) -> None:
    job = client.post(f"{made['links']['self']}/transcriptions", json={}).json()
    work_through(here, job["id"], spoken(*turns))


def extract_again(here: Installation, made: dict[str, Any]) -> int:
    with writing(here.engine) as session:
        return search(session, made["id"])


def withdraw(client: Client, made: dict[str, Any]) -> dict[str, Any]:
    answer = client.post(f"/v1/consents/{made['consent']['id']}/withdraw", json={})
    found: dict[str, Any] = answer.json()
    return found


def test_a_referral_proposes_a_contact_with_the_quote_to_hear_first(here: Installation, client: Client) -> None:
    made = heard(here, client, SENT)
    (contact,) = listed(client)
    said = {name: contact[name] for name in ("name", "role", "organisation", "offered", "state")}
    assert said == {
        "name": "Priya Raman",
        "role": "our head of design",
        "organisation": None,
        "offered": "introduction",
        "state": "proposed",
    }
    assert (contact["interview_id"], contact["evidence"]["quote"]) == (made["id"], REFERRAL)
    assert (contact["evidence"]["speaker"], contact["evidence"]["stale"]) == ("S2", False)


def test_its_links_lead_to_the_insight_and_to_the_seconds_in_which_it_was_said(
    here: Installation, client: Client
) -> None:
    heard(here, client, SENT)
    (contact,) = listed(client)
    start, length = len(ASKED[1].split()) * WORD_MS / 1000, len(REFERRAL.split()) * WORD_MS / 1000
    assert contact["links"]["recording"].endswith(f"/recording#t={start:.3f},{start + length:.3f}")
    assert client.get(contact["links"]["recording"].partition("#")[0]).status_code == 200
    assert client.get(contact["links"]["insight"]).json()["quote"] == REFERRAL
    assert client.get(contact["links"]["interviews"]).json()["items"] == []


def test_what_is_offered_may_be_said_some_sentences_later(here: Installation, client: Client) -> None:
    script = json.loads((SAMPLE.parent / "script.json").read_text())
    heard(here, client, [(turn["speaker"], turn["text"]) for turn in script["turns"]])
    assert [(one["name"], one["offered"]) for one in listed(client)] == [("Helen Parker", "introduction")]


def test_an_interview_that_sends_to_nobody_proposes_nobody(here: Installation, client: Client) -> None:
    heard(here, client)
    assert listed(client) == []


def test_somebody_named_in_two_referrals_of_an_interview_is_one(here: Installation, client: Client) -> None:
    again = ("S2", "Feel free to reach out to Priya. I'll send you Priya's number.")
    heard(here, client, (*MORE, ("S1", "How do I reach her?"), again))
    assert sorted(str(name) for name in names(client)) == ["Dan Whitlock", "Priya Raman"]


def test_the_same_name_in_two_interviews_is_two_proposals_that_know_of_each_other(
    here: Installation, client: Client
) -> None:
    first, second = heard(here, client, SENT), heard(here, client, SENT)
    assert {one["interview_id"]: one["also_named_in"] for one in listed(client)} == {
        first["id"]: [second["id"]],
        second["id"]: [first["id"]],
    }


def test_who_was_rejected_is_no_second_voice_for_somebody(here: Installation, client: Client) -> None:
    heard(here, client, SENT)
    judge(client, listed(client)[0], state="rejected")
    heard(here, client, SENT)
    assert listed(client, state="proposed")[0]["also_named_in"] == []


def test_a_referral_that_a_person_rejected_proposes_nobody_any_more(here: Installation, client: Client) -> None:
    made = heard(here, client, SENT)
    (contact,) = listed(client)
    client.patch(f"/v1/insights/{contact['insight_id']}", json={"state": "rejected"})
    assert (extract_again(here, made), listed(client)) == (0, [])


def test_who_is_heard_of_again_keeps_their_id_and_points_to_the_new_insight(here: Installation, client: Client) -> None:
    made = heard(here, client, SENT)
    (before,) = listed(client)
    hear_again(here, client, made, (("S1", "Thanks for coming."), *SENT))
    (after,) = listed(client)
    assert (after["id"], after["evidence"]["transcript_version"]) == (before["id"], 2)
    assert after["evidence"]["start_ms"] == before["evidence"]["start_ms"] + 3 * WORD_MS
    assert after["insight_id"] != before["insight_id"]
    assert client.get(after["links"]["insight"]).status_code == 200


def test_a_proposal_that_nothing_speaks_of_any_more_goes(here: Installation, client: Client) -> None:
    made = heard(here, client, MORE)
    hear_again(here, client, made, SENT)
    assert names(client) == ["Priya Raman"]


@pytest.mark.parametrize("change", [{"state": "confirmed"}, {"state": "rejected"}, {"name": "Prya R."}, {"note": "x"}])
def test_what_a_person_said_of_a_contact_outlives_a_rerun(
    here: Installation, client: Client, change: dict[str, Any]
) -> None:
    made = heard(here, client, SENT)
    mine = judge(client, listed(client)[0], **change)
    hear_again(here, client, made, (("S1", "Thanks for coming."), *SENT))
    (after,) = listed(client)
    kept = ("id", "name", "role", "organisation", "state", "note")
    assert {name: after[name] for name in kept} == {name: mine[name] for name in kept}
    assert after["evidence"]["stale"] is False


def test_a_contact_that_a_person_kept_outlives_its_referral_with_the_old_quote(
    here: Installation, client: Client
) -> None:
    made = heard(here, client, SENT)
    mine = judge(client, listed(client)[0], state="confirmed")
    hear_again(here, client, made, (ASKED, ("S2", DAN)))
    kept = shown(client, mine)
    assert (kept["name"], kept["insight_id"], kept["links"]["insight"]) == ("Priya Raman", None, None)
    assert kept["evidence"] == mine["evidence"] | {"stale": True}
    assert names(client, state="proposed") == ["Dan Whitlock"]


def test_a_quote_that_is_there_but_no_referral_any_more_is_still_found(here: Installation, client: Client) -> None:
    made = heard(here, client, SENT)
    mine = judge(client, listed(client)[0], state="confirmed")
    client.patch(f"/v1/insights/{mine['insight_id']}", json={"categories": ["culture"]})
    hear_again(here, client, made, (("S1", "Thanks for coming."), *SENT))
    kept = shown(client, mine)
    assert (kept["evidence"]["stale"], kept["evidence"]["transcript_version"]) == (False, 2)
    assert kept["evidence"]["start_ms"] == mine["evidence"]["start_ms"] + 3 * WORD_MS


def test_evidence_follows_its_words_into_a_version_that_a_person_made(here: Installation, client: Client) -> None:
    made = heard(here, client, (("S1", "Thanks for coming."), *SENT))
    (before,) = listed(client)
    assert client.patch(f"{made['links']['transcript']}/segments/1", json={"text": "Thanks."}).status_code == 200
    assert client.patch(f"{made['links']['transcript']}/speakers/S2", json={"name": "Ada"}).status_code == 200
    (after,) = listed(client)
    assert after["evidence"] == before["evidence"] | {"transcript_version": 3}
    assert client.get(before["links"]["insight"]).json()["transcript_version"] == 3


def test_evidence_is_stale_from_the_edit_on_that_took_its_words(here: Installation, client: Client) -> None:
    made = heard(here, client, SENT)
    before = client.get(listed(client)[0]["links"]["self"])
    client.patch(f"{made['links']['transcript']}/segments/2", json={"text": REFERRAL.replace("Raman", "Ramanov")})
    after = client.get(before.json()["links"]["self"])
    assert after.json()["evidence"] == before.json()["evidence"] | {"stale": True}
    assert after.headers["etag"] != before.headers["etag"]
    extract_again(here, made)
    assert [(one["name"], one["evidence"]["stale"]) for one in listed(client)] == [("Priya Ramanov", False)]


def test_evidence_stays_where_it_was_said_when_its_words_are_also_said_earlier(
    here: Installation, client: Client
) -> None:
    made = heard(here, client, (("S2", "I am glad to be here."), ("S1", "Thanks for coming."), *SENT))
    (before,) = listed(client)
    client.patch(f"{made['links']['transcript']}/segments/1", json={"text": REFERRAL})
    assert listed(client)[0]["evidence"] == before["evidence"] | {"transcript_version": 2}


def test_an_extraction_that_finds_the_same_is_nobodys_edit(here: Installation, client: Client) -> None:
    made = heard(here, client, SENT)
    (contact,) = listed(client)
    etag = client.get(contact["links"]["self"]).headers["etag"]
    extract_again(here, made)
    seen = client.get(contact["links"]["self"], headers={"If-None-Match": etag})
    change = client.patch(contact["links"]["self"], json={"state": "confirmed"}, headers={"If-Match": etag})
    assert (seen.status_code, change.status_code) == (200, 200)


@pytest.mark.parametrize(
    ("change", "state"),
    [
        ({"state": "confirmed"}, "confirmed"),
        ({"state": "rejected", "note": "She meant her sister."}, "rejected"),
        ({"name": "Prya Raman"}, "corrected"),
        ({"organisation": "Kestrel Games", "state": "confirmed"}, "confirmed"),
        ({"role": None}, "corrected"),
        ({"note": "in May"}, "proposed"),
        ({}, "proposed"),
    ],
)
def test_what_a_persons_word_makes_of_it(
    here: Installation, client: Client, change: dict[str, Any], state: str
) -> None:
    heard(here, client, SENT)
    after = judge(client, listed(client)[0], **change)
    assert after["state"] == state
    assert {name: after[name] for name in change} == change


def test_a_second_opinion_on_an_older_version_is_refused(here: Installation, client: Client) -> None:
    heard(here, client, SENT)
    path = listed(client)[0]["links"]["self"]
    etag = client.get(path).headers["etag"]
    assert client.get(path, headers={"If-None-Match": etag}).status_code == 304
    assert client.patch(path, json={"state": "confirmed"}, headers={"If-Match": f'"x", {etag}'}).status_code == 200
    for late in (
        client.patch(path, json={}, headers={"If-Match": etag}),
        client.delete(path, headers={"If-Match": etag}),
    ):
        assert (late.status_code, late.json()["code"]) == (412, "version-mismatch")
    assert shown(client, {"links": {"self": path}})["state"] == "confirmed"


def test_an_etag_changes_when_another_interview_names_the_same(here: Installation, client: Client) -> None:
    heard(here, client, SENT)
    path = listed(client)[0]["links"]["self"]
    etag = client.get(path).headers["etag"]
    heard(here, client, SENT)
    assert client.get(path, headers={"If-None-Match": etag}).status_code == 200


def test_a_person_adds_somebody_that_no_interview_named(client: Client) -> None:
    answer = client.post("/v1/contacts", json={"name": "Ada Okafor", "note": "from the open house"})
    made = answer.json()
    assert (answer.status_code, client.get(answer.headers["location"]).json()) == (201, made)
    unknown = ("interview_id", "insight_id", "evidence", "offered")
    assert (made["state"], [made[name] for name in unknown]) == ("confirmed", [None] * 4)
    assert judge(client, made, role="lighthouse archivist")["state"] == "confirmed"


@pytest.mark.parametrize(
    "wrong", [{}, {"note": "x"}, {"name": None}, {"name": ""}, {"name": "x" * 201}, {"name": "a\0b"}, {"nam": "x"}]
)
def test_nobody_cannot_be_added(client: Client, wrong: dict[str, Any]) -> None:
    answer = client.post("/v1/contacts", json=wrong)
    assert (answer.status_code, listed(client)) == (422, [])
    assert answer.json()["errors"][0]["detail"]


def test_a_contact_of_which_nothing_would_be_left_is_not_changed(client: Client) -> None:
    made = client.post("/v1/contacts", json={"name": "Ada Okafor"}).json()
    answer = client.patch(made["links"]["self"], json={"name": None, "note": "x"})
    assert (answer.status_code, answer.json()["code"]) == (409, "contact-nameless")
    assert shown(client, made) == made


@pytest.mark.parametrize("wrong", [{"state": "proposed"}, {"state": None}, {"interview_id": "x"}, {"role": ""}])
def test_a_word_that_cannot_be_is_refused(client: Client, wrong: dict[str, Any]) -> None:
    made = client.post("/v1/contacts", json={"name": "Ada Okafor"}).json()
    assert client.patch(made["links"]["self"], json=wrong).status_code == 422


def test_who_was_deleted_may_be_proposed_again_and_who_was_rejected_is_not(here: Installation, client: Client) -> None:
    made = heard(here, client, MORE)
    dan, priya = sorted(listed(client), key=lambda one: str(one["name"]))
    assert client.delete(dan["links"]["self"]).status_code == 204
    judge(client, priya, state="rejected")
    assert client.get(dan["links"]["self"]).status_code == 404
    assert extract_again(here, made) == 1
    assert names(client, state="proposed") == ["Dan Whitlock"]


def test_contacts_are_narrowed_by_state_interview_and_words(here: Installation, client: Client) -> None:
    made = heard(here, client, MORE)
    client.post("/v1/contacts", json={"name": "Ada Okafor", "note": "100 % sure"})
    assert sorted(map(str, names(client, interview_id=made["id"]))) == ["Dan Whitlock", "Priya Raman"]
    assert names(client, state="confirmed") == ["Ada Okafor"]
    assert [names(client, q=words) for words in ("HEAD OF", "kestrel", "% s", "_")] == [
        ["Priya Raman"],
        ["Dan Whitlock"],
        ["Ada Okafor"],
        [],
    ]


def test_pages_of_contacts_hold_each_once_newest_first(client: Client) -> None:
    made = [client.post("/v1/contacts", json={"name": f"Ada {number}"}).json()["id"] for number in range(5)]
    page = client.get("/v1/contacts", params={"limit": 2})
    seen = [one["id"] for one in page.json()["items"]]
    while page.json()["next_cursor"]:
        page = client.get(page.headers["link"].partition(">")[0].removeprefix("<"))
        seen += [one["id"] for one in page.json()["items"]]
    assert seen == made[::-1]


def test_an_interview_that_is_planned_with_a_contact_knows_what_the_contact_knows(
    here: Installation, client: Client
) -> None:
    heard(here, client, (ASKED, ("S2", "You should talk to Priya Raman, our head of design at Kestrel Games.")))
    (contact,) = listed(client)
    made = plan(client, contact_id=contact["id"], role="designer")
    assert (made["interviewee"], made["role"], made["employer"]) == ("Priya Raman", "designer", "Kestrel Games")
    assert made["title"] == "Priya Raman, designer"
    assert [one["id"] for one in client.get(contact["links"]["interviews"]).json()["items"]] == [made["id"]]


def test_who_is_planned_with_is_trusted(here: Installation, client: Client) -> None:
    made = heard(here, client, SENT)
    (contact,) = listed(client)
    plan(client, contact_id=contact["id"])
    hear_again(here, client, made, (ASKED, ("S2", DAN)))
    assert shown(client, contact)["state"] == "confirmed"


def test_an_interview_may_be_given_a_contact_later(client: Client) -> None:
    contact = client.post("/v1/contacts", json={"name": "Ada Okafor"}).json()
    made = plan(client, title="Coffee")
    changed = client.patch(made["links"]["self"], json={"contact_id": contact["id"]})
    assert (changed.status_code, changed.json()["interviewee"]) == (200, None)
    assert changed.json()["contact_id"] == contact["id"]


def test_a_contact_that_is_not_there_is_refused_and_an_id_of_ones_own_is_not(client: Client) -> None:
    made = plan(client, contact_id="crm-7")
    for answer in (
        client.post("/v1/interviews", json={"contact_id": "ctc_nobody"}),
        client.patch(made["links"]["self"], json={"contact_id": "ctc_nobody"}),
    ):
        assert (answer.status_code, answer.json()["code"]) == (422, "field-invalid")
        assert answer.json()["errors"][0]["pointer"] == "/contact_id"
    assert client.get(made["links"]["self"]).json()["contact_id"] == "crm-7"


def test_an_interview_forgets_a_contact_that_is_deleted(client: Client) -> None:
    contact = client.post("/v1/contacts", json={"name": "Ada Okafor"}).json()
    made = plan(client, contact_id=contact["id"])
    client.delete(contact["links"]["self"])
    after = client.get(made["links"]["self"]).json()
    assert (after["contact_id"], after["interviewee"]) == (None, "Ada Okafor")


@pytest.mark.parametrize("change", [{}, {"state": "confirmed"}, {"state": "rejected"}, {"note": "call her"}])
def test_a_withdrawal_erases_contacts_whose_names_were_heard(
    here: Installation, client: Client, change: dict[str, Any]
) -> None:
    made = heard(here, client, SECRET)
    (contact,) = listed(client)
    judge(client, contact, **change)
    assert CANARY.encode() in bytes_of_database(here)
    certificate = withdraw(client, made)["erasure"]
    assert (certificate["erased"]["contacts"], client.get(contact["links"]["self"]).status_code) == (1, 404)
    assert CANARY.encode() not in bytes_of_database(here)


def test_a_withdrawal_leaves_of_a_contact_what_a_person_wrote(here: Installation, client: Client) -> None:
    made = heard(here, client, SECRET)
    mine = judge(client, listed(client)[0], name="Zoe V.", note="call her")
    withdraw(client, made)
    left = shown(client, mine)
    assert (left["name"], left["role"], left["note"]) == ("Zoe V.", None, "call her")
    assert [left[name] for name in ("interview_id", "insight_id", "evidence", "offered")] == [None] * 4
    assert CANARY.encode() not in bytes_of_database(here)


def test_what_a_person_wrote_stays_theirs_when_a_later_hearing_says_the_same(
    here: Installation, client: Client
) -> None:
    misheard = (ASKED, ("S2", REFERRAL.replace("Raman", "Ramen")))
    made = heard(here, client, misheard)
    mine = judge(client, listed(client)[0], name="Priya Raman")
    hear_again(here, client, made, SENT)
    assert [one["id"] for one in listed(client)] == [mine["id"]]
    withdraw(client, made)
    assert names(client) == ["Priya Raman"]


def test_a_contact_added_by_hand_outlives_every_withdrawal(here: Installation, client: Client) -> None:
    made = heard(here, client, SENT)
    added = client.post("/v1/contacts", json={"name": "Priya Raman"}).json()
    assert added["also_named_in"] == [made["id"]]
    withdraw(client, made)
    assert [one["id"] for one in listed(client)] == [added["id"]]
    assert listed(client)[0]["also_named_in"] == []


def test_an_interview_planned_with_an_erased_contact_stays_and_names_no_contact(
    here: Installation, client: Client
) -> None:
    made = heard(here, client, SENT)
    planned = plan(client, contact_id=listed(client)[0]["id"])
    withdraw(client, made)
    assert client.get(planned["links"]["self"]).json()["contact_id"] is None


def test_deleting_an_interview_erases_its_contacts_too(here: Installation, client: Client) -> None:
    made = heard(here, client, SECRET)
    assert client.delete(made["links"]["self"]).status_code == 204
    assert listed(client) == []
    with reading(here.engine) as session:
        assert contacts.of(session, made["id"]) == []
        assert session.get_one(models.Interview, made["id"]).deleted_at is not None
