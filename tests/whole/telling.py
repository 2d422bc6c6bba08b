"""How a story is told: what is asked, what is expected, and what has to be true after each step."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import count
from pathlib import Path
from typing import Any

from hypothesis import note
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from sqlmodel import col, select

from app import claims, erasures, models, parts, recordings, search
from app.db import now, reading, writing
from app.jobs import workflow_id
from tests import scenes
from tests.client import our_contract
from tests.installation import Installation, installed
from tests.whole.model import Asked, Interview, Job, World, refusal
from tests.whole.mortal_api import MortalApi, Where

# In everything that anybody says, so that one search finds it all.
WORD = "marmalade"
# Every one of these is said once only.
names = (f"zorble{number}" for number in count())
numbers = count()
UNLIMITED = {"reads_per_minute": 0, "writes_per_minute": 0, "uploads_per_minute": 0}
WORKER = "worker-of-the-model"

# Whether, and where, a request kills the API.
fatal = st.sampled_from([*[None] * 10, "before", "after"])
yes = st.booleans()


@dataclass
class Shared:
    """What all stories share: one installation and one API; each story has an owner of its own."""

    installation: Installation
    api: MortalApi
    steps: int = 0
    answers: Counter[tuple[str, int]] = field(default_factory=Counter)


@contextmanager
def sharing(folder: Path) -> Iterator[Shared]:
    with installed(folder / "data", **UNLIMITED) as installation:
        api = MortalApi(installation.settings, our_contract())
        try:
            yield Shared(installation, api)
        finally:
            api.close()


class Telling(RuleBasedStateMachine):
    def __init__(self, shared: Shared) -> None:
        super().__init__()
        self.shared, self.here, self.api, self.world = shared, shared.installation, shared.api, World()
        self.etags: dict[str, tuple[str, Any]] = {}
        self.secrets: list[str] = []
        self.last: Interview | None = None

    @initialize()
    def begin(self) -> None:
        with writing(self.here.engine) as session:
            owner = models.Owner(name="somebody")
            session.add(owner)
        self.owner_id = owner.id
        self.api.be(scenes.make_key(self.here, owner_id=owner.id))
        self.set_scene()

    def set_scene(self) -> None:
        """What there is before the story begins."""

    # Asking.

    def ask(self, method: str, path: str, where: Where | None = None, **options: Any) -> Any:
        """The answer to a request that may kill the API; None when it was done and nobody can ask again for it."""
        answer = self.api.ask(method, path, where, **options)
        has_key = "Idempotency-Key" in options.get("headers", {})
        if answer is None and (where == "before" or has_key):
            answer = self.api.ask(method, path, **options)
            assert answer is not None
            if answer.is_success:
                assert ("idempotency-replayed" in answer.headers) == (where == "after")
        self.shared.answers[method, answer.status_code if answer else 0] += 1
        note(f"{method} {path} {where or ''} -> {answer and answer.status_code}")
        return answer

    def expect(
        self, check: Callable[[], object], method: str, path: str, where: Where | None = None, **options: Any
    ) -> tuple[bool, Any]:
        """(whether it is done, the answer). What the model refuses, the service refuses, and the other way round."""
        refused = refusal(check)
        # What is refused changes nothing, so it does not matter when the process dies.
        answer = self.ask(method, path, "before" if refused and where else where, **options)
        if refused is None:
            assert answer is None or answer.is_success, (answer.text, self.last)
        else:
            assert answer.status_code == refused, (answer.text, self.last)
        return refused is None, answer

    def post(
        self,
        check: Callable[[], object],
        path: str,
        where: Where | None,
        subject: Interview | None = None,
        headers: dict[str, str] | None = None,
        **options: Any,
    ) -> Any:
        """The answer of a POST with a key of its own, that can be repeated later; None when it was refused."""
        options["headers"] = (headers or {}) | {"Idempotency-Key": f"key-{next(numbers)}"}
        done, answer = self.expect(check, "POST", path, where, **options)
        if not done:
            return None
        made = answer.json() if answer.content else {}
        interview_id = subject.id if subject else made["id"] if made.get("id", "").startswith("int_") else None
        known = self.world.interviews.get(interview_id or "")
        self.world.asked.append(
            Asked(
                path=path,
                options=options,
                status=answer.status_code,
                body=answer.content,
                location=answer.headers.get("location"),
                interview_id=interview_id,
                forgotten=known.forgotten if known else 0,
                upload=answer.headers["location"] if path == "/v1/uploads" else None,
                insight=made["id"] if path.endswith("/insights") else None,
            )
        )
        return answer

    def get(self, path: str, **query: Any) -> Any:
        answer = self.api.ask("GET", path, params=query)
        assert answer is not None
        return answer

    def one(self, data: st.DataObject, *, among: Callable[[Interview], object] = lambda _one: True) -> Interview:
        """An interview that the rule is about, rather one that fits than any."""
        every = list(self.world.interviews.values())
        fitting = [one for one in every if among(one)]
        chosen: Interview = data.draw(st.sampled_from(fitting if fitting and data.draw(st.integers(0, 4)) else every))
        self.last = chosen
        return chosen

    def learn(self, one: Interview, *, consent: bool = False, kind: str | None = None) -> None:
        """The ids that the service has given to what the model knows to be there now."""
        shown = self.get(one.path).json()
        if consent:
            assert shown["consent"]["id"] not in one.consents
            one.consents.append(shown["consent"]["id"])
        if kind is not None:
            assert shown["job"]["id"] not in [job.id for job in one.jobs]
            one.ask(Job(shown["job"]["id"], kind))

    def keep(self, interview_id: str, title: str) -> Interview:
        self.last = self.world.interviews[interview_id] = Interview(interview_id, title)
        return self.last

    def hide(self, versions: Sequence[Sequence[str]]) -> None:
        """From now on, nothing of what only they say may be anywhere."""
        self.secrets += [word for texts in versions for text in texts for word in text.split() if "zorble" in word]

    @rule()
    def finish_erasures(self) -> None:
        with reading(self.here.engine) as session:
            pending = erasures.pending(session)
        for erasure in pending:
            erasures.finish(
                self.here.engine, self.here.queue, self.here.recordings, self.here.settings.work_dir, erasure
            )

    def requeue(self) -> None:
        for one in self.world.interviews.values():
            for job in one.jobs:
                if job.status == "running" and job.is_unwanted:
                    one.end(job, "canceled")
                elif job.status == "running":
                    job.status = one.status = "queued"

    # Reading.

    def listed(self, path: str, **query: Any) -> list[dict[str, Any]]:
        answer = self.get(path, limit=100, **query)
        assert answer.status_code == 200, answer.text
        items: list[dict[str, Any]] = answer.json()["items"]
        return items

    def check_lists(self) -> None:
        shown = [
            (
                item["id"],
                item["title"],
                item["status"],
                item["transcript_version"],
                item["hold"] and item["hold"]["reason"],
            )
            for item in self.listed("/v1/interviews", sort="created_at")
        ]
        wanted = [(one.id, one.title, one.status, one.current or None, one.hold) for one in self.world.listed()]
        assert shown == wanted
        found = {
            item["id"]: (item["quote"], item["state"], item["stale"])
            for item in self.listed("/v1/insights", stale="true")
        }
        assert found == {name: (one.quote, one.state, one.is_stale) for name, one in self.world.insights().items()}
        hits = {
            (hit["interview"]["id"], hit["segment_id"] or hit["insight_id"])
            for hit in self.listed("/v1/search", q=f'"{WORD}"')
        }
        assert hits == self.world.found(WORD)

    def check_one(self, one: Interview) -> None:
        shown = self.read(one.check_there, one.path)
        if shown is not None:
            job = one.jobs[-1] if one.jobs else None
            assert (shown["job"] and (shown["job"]["status"], shown["job"]["attempt"])) == (
                job and (job.status, job.attempt)
            )
        words = self.read(one.check_words, f"{one.path}/transcript")
        if words is not None:
            assert (words["version"], [segment["text"] for segment in words["segments"]]) == (one.current, one.words)
        sound = self.read(one.check_sound, f"{one.path}/recording")
        assert sound is None or sound == one.sound

    def read(self, check: Callable[[], None], path: str) -> Any:
        """What is read at the path; None where nothing is to be read. Its ETag changes exactly when it does."""
        _done, answer = self.expect(check, "GET", path)
        if not answer.is_success:
            return None
        content = answer.json() if "json" in answer.headers["content-type"] else answer.content
        tag = answer.headers["etag"]
        old_tag, old = self.etags.get(path, ("", None))
        if content == old:
            # Behind the point are changes of its job, and not all of those are shown: that it was asked to stop, say.
            assert tag.partition(".")[0] == old_tag.partition(".")[0], (path, old_tag, tag, content)
        else:
            assert tag != old_tag, (path, tag, old, content)
        self.etags[path] = tag, content
        return content

    def check_jobs(self) -> None:
        """What is queued has its entry in the job engine: nothing that was promised is forgotten."""
        known = {name for name, _status in self.here.workflows()}
        for one in self.world.interviews.values():
            for job in one.jobs:
                assert job.status != "queued" or workflow_id(job.id, job.attempt) in known

    @invariant()
    def holds(self) -> None:
        self.shared.steps += 1
        self.check_lists()
        if self.last is not None:
            self.check_one(self.last)

    def teardown(self) -> None:
        if not hasattr(self, "owner_id"):
            return
        with writing(self.here.engine) as session:
            claims.release(session, [WORKER])
        self.requeue()
        self.holds()
        self.finish_erasures()
        recordings.sweep(self.here.engine, self.here.recordings, at=now() + timedelta(days=2))
        parts.sweep(self.here.engine, self.here.recordings, before=now() + timedelta(days=1))
        self.etags.clear()
        for one in self.world.interviews.values():
            self.check_one(one)
        self.check_jobs()
        self.check_rest()
        self.delete_all()

    def delete_all(self) -> None:
        """Every story ends with this: nothing of it is left."""
        for one in self.world.listed():
            self.hide(one.versions)
            self.expect(one.check_there, "DELETE", one.path)
            one.withdraw()
            one.is_deleted = True
        self.finish_erasures()
        self.check_rest()
        self.check_lists()

    def check_rest(self) -> None:
        """Nothing is left over, nothing is missing, and nothing of what was erased is anywhere."""
        there = [one for one in self.world.listed() if one.sound and not one.is_withdrawn and not one.is_sound_erased]
        ours = {key for key in scenes.kept(self.here) if key.startswith(self.owner_id)}
        # What has come of unfinished uploads, where the store is a bucket.
        pieces = {key for key in ours if parts.OURS.fullmatch(key)}
        assert len(ours - pieces) == len(there)
        with reading(self.here.engine) as session:
            assert pieces <= set(session.exec(select(models.UploadPart.key)))
        assert search.check(self.here.engine) == []
        content = scenes.bytes_of_database(self.here)
        assert [word for word in self.secrets if f" {word} ".encode() in content] == []
        with reading(self.here.engine) as session:
            query = select(models.Erasure).where(col(models.Erasure.completed_at).is_(None))
            assert [one.id for one in session.exec(query) if one.owner_id == self.owner_id] == []
