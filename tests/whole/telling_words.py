"""What is done with words: heard by a worker that may die, brought in, edited, and what was found in them judged."""

from collections.abc import Callable

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from app import claims, revisions, transcripts
from app.claims import Claim
from app.db import writing
from app.errors import WorkCanceled
from tests import scenes
from tests.whole.model import ACTIVE, BY_HAND, Insight, Interview, Job, Refused
from tests.whole.mortal_api import Where
from tests.whole.telling import WORD, WORKER, Telling, fatal, names, yes

SAID = (
    "The {word} of {name} is sweet.",
    "I make about fifty thousand dollars a year with {word} and {name} .",
    "What I love most about my job is the {word} by the {name} .",
    "You should talk to Priya Raman about {word} from {name} .",
)


class Speaking(Telling):
    def job_of(self, data: st.DataObject, *statuses: str) -> tuple[Interview, Job] | None:
        found = [(one, job) for one in self.world.interviews.values() for job in one.jobs if job.status in statuses]
        if not found:
            return None
        one, job = data.draw(st.sampled_from(found))
        self.last = one
        return one, job

    @rule(data=st.data(), where=fatal)
    def cancel(self, *, data: st.DataObject, where: Where | None) -> None:
        chosen = self.job_of(data, *ACTIVE, "succeeded", "failed", "canceled")
        if chosen is not None:
            one, job = chosen
            check = lambda: _refuse_ended(job)  # noqa: E731
            if self.post(check, f"/v1/jobs/{job.id}/cancel", where, one) is not None:
                one.cancel(job)

    @rule(data=st.data(), where=fatal)
    def retry(self, *, data: st.DataObject, where: Where | None) -> None:
        chosen = self.job_of(data, "failed", "canceled", "succeeded")
        if chosen is not None:
            one, job = chosen
            if self.post(lambda: one.check_can_retry(job), f"/v1/jobs/{job.id}/retry", where, one) is not None:
                job.status, job.attempt, job.starts, job.is_unwanted = "queued", job.attempt + 1, 0, False
                one.status = "queued"

    @precondition(lambda self: self.world.interviews)
    @rule(data=st.data(), hears=yes, where=fatal)
    def ask_again(self, *, data: st.DataObject, hears: bool, where: Where | None) -> None:
        one = self.one(data, among=lambda one: one.current)
        check, name = (
            (one.check_can_hear_again, "transcription") if hears else (one.check_can_search_again, "extraction")
        )
        if self.post(check, f"{one.path}/{name}s", where, one) is not None:
            self.learn(one, kind=name)

    @rule(data=st.data(), how=st.sampled_from(["dies", "fails", "keeps", "keeps", "ends", "ends", "ends"]))
    def work(self, *, data: st.DataObject, how: str) -> None:
        """A worker takes up a job, or goes on with it, in the transactions in which the true one does."""
        chosen = self.job_of(data, *ACTIVE)
        if chosen is None:
            return
        self.work_on(*chosen, how)

    def work_on(self, one: Interview, job: Job, how: str) -> None:
        claim = Claim(job.id, job.attempt, WORKER)
        if job.status == "queued" and not self.take_up(one, job, claim):
            return
        if how == "dies":
            with writing(self.here.engine) as session:
                claims.release(session, [WORKER])
            self.requeue()
        elif job.is_unwanted:
            with writing(self.here.engine) as session, pytest.raises(WorkCanceled):
                claims.held(session, claim)
            self.end(one, job, claims.mark_canceled, claim)
        elif how == "fails":
            with writing(self.here.engine) as session:
                assert claims.fail(session, claim, WorkCanceled("The ear has a cold."))
            one.end(job, "failed")
        else:
            self.keep_words(one, job, claim)
            if how == "ends":
                self.search(one, job, claim)

    def end(self, one: Interview, job: Job, finish: Callable[..., bool], claim: Claim) -> None:
        with writing(self.here.engine) as session:
            assert finish(session, claim)
        one.end(job, "canceled")

    def take_up(self, one: Interview, job: Job, claim: Claim) -> bool:
        with writing(self.here.engine) as session:
            begun = claims.begin(session, claim, is_ours=lambda: True)
        assert (begun is not None) == (job.starts < claims.MAX_STARTS)
        if begun is None:
            one.end(job, "failed")
            return False
        job.status, job.starts = "running", job.starts + 1
        one.status = claims.WORKING[job.kind]
        return True

    def keep_words(self, one: Interview, job: Job, claim: Claim) -> None:
        if job.kind != "transcription" or job.kept:
            return
        texts = [said.format(word=WORD, name=next(names)) for said in SAID]
        heard = scenes.spoken(*((f"S{1 + number % 2}", text) for number, text in enumerate(texts)))
        with writing(self.here.engine) as session:
            found, _interview = claims.held(session, claim)
            transcripts.keep(session, job=found, transcript=heard)
            revisions.settle(session, one.id)
        job.kept = True
        one.say(texts)

    def search(self, one: Interview, job: Job, claim: Claim) -> None:
        with writing(self.here.engine) as session:
            claims.held(session, claim)
            scenes.search(session, one.id)
            assert claims.succeed(session, claim)
        one.end(job, "succeeded")
        found = {item["id"]: item for item in self.listed(f"{one.path}/insights")}
        # A run replaces what nobody has touched; what people said stays as it is.
        for name, insight in one.insights.items():
            assert name in found or not insight.is_touched
        touched = {name: insight for name, insight in one.insights.items() if insight.is_touched}
        new = {name: Insight(item["quote"], "proposed", item["method"]) for name, item in found.items()}
        assert all(any(new[name].quote in text for text in one.words) for name in new.keys() - touched.keys())
        one.insights = new | touched

    # What people do to words, and to what was found.

    @precondition(lambda self: self.world.interviews)
    @rule(data=st.data(), consent=yes, old=yes, where=fatal)
    def bring_in(self, *, data: st.DataObject, consent: bool, old: bool, where: Where | None) -> None:
        one = self.one(data, among=lambda one: not one.is_busy)
        texts = [said.format(word=WORD, name=next(names)) for said in SAID[:2]]
        if old and one.versions and one.versions[0]:
            texts = one.versions[0]
        turns = [{"speaker": f"Speaker {1 + at % 2}", "text": text} for at, text in enumerate(texts)]
        done, _answer = self.expect(
            lambda: one.check_can_import(consent=consent),
            "PUT",
            f"{one.path}/transcript",
            where,
            params={"consent": str(consent).lower()},
            json={"turns": turns},
        )
        if done:
            self.learn(one, consent=consent and not one.consents, kind="extraction")
            one.jobs[-1].kept = True
            one.say(texts)

    @precondition(lambda self: any(one.current for one in self.world.interviews.values()))
    @rule(
        data=st.data(), segment=st.integers(1, 5), kind=st.sampled_from(["new", "new", "same", "old tag"]), where=fatal
    )
    def edit(self, data: st.DataObject, segment: int, kind: str, where: Where | None) -> None:
        one = self.one(data, among=lambda one: one.current and not one.is_busy)
        text = f"Now {WORD} is from {next(names)} ."
        if kind == "same" and segment <= len(one.words):
            text = one.words[segment - 1]
        tag = {"If-Match": f'"{one.current + 1}"'} if kind == "old tag" else {}

        def check() -> None:
            one.check_words()
            if tag:
                raise Refused(412)
            one.check_can_edit(segment)

        path = f"{one.path}/transcript/segments/{segment}"
        done, answer = self.expect(check, "PATCH", path, where, json={"text": text}, headers=tag)
        if done and text != one.words[segment - 1]:
            one.say([*one.words[: segment - 1], text, *one.words[segment:]])
        if done and answer is not None:
            assert answer.json()["version"] == one.current

    @precondition(lambda self: any(one.current for one in self.world.interviews.values()))
    @rule(data=st.data(), known=yes, where=fatal)
    def add_insight(self, *, data: st.DataObject, known: bool, where: Where | None) -> None:
        one = self.one(data, among=lambda one: one.current)
        quote = data.draw(st.sampled_from(one.words)) if known and one.words else f"no {WORD}"
        body = {"quote": quote, "categories": ["advice"]}
        answer = self.post(lambda: one.check_can_add(quote), f"{one.path}/insights", where, one, json=body)
        if answer is not None:
            one.insights[answer.json()["id"]] = Insight(quote, "confirmed", BY_HAND)

    @precondition(lambda self: self.world.insights())
    @rule(data=st.data(), state=st.sampled_from(["confirmed", "rejected", "corrected"]), removes=yes, where=fatal)
    def judge(self, *, data: st.DataObject, state: str, removes: bool, where: Where | None) -> None:
        one = self.one(data, among=lambda one: one.insights)
        if not one.insights:
            return
        name = data.draw(st.sampled_from(sorted(one.insights)))
        insight, path = one.insights[name], f"/v1/insights/{name}"
        if removes:
            if self.expect(lambda: _refuse_found(insight), "DELETE", path, where)[0]:
                del one.insights[name]
        elif self.expect(lambda: _refuse_stale(insight, state), "PATCH", path, where, json={"state": state})[0]:
            insight.state = state


def _refuse_ended(job: Job) -> None:
    if job.status in ("succeeded", "failed"):
        raise Refused(409)


def _refuse_found(insight: Insight) -> None:
    if insight.method != BY_HAND:
        raise Refused(409)


def _refuse_stale(insight: Insight, state: str) -> None:
    if insight.is_stale and state == "confirmed":
        raise Refused(409)
