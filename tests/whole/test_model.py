"""Whatever is asked, in whatever order, and whenever the API is killed: the service is what a few dictionaries say.

The suite tells a few stories; CANDID_TEST_STORIES says how many, for a night of it.
"""

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule, run_state_machine_as_test

from tests.whole.model import one_is_erased
from tests.whole.telling import sharing
from tests.whole.telling_recordings import SOUNDS, Recording
from tests.whole.telling_words import Speaking

STORIES = int(os.environ.get("CANDID_TEST_STORIES", "4"))
STEPS = 25


class Stories(Recording, Speaking):
    def set_scene(self) -> None:
        """Two that were heard and are promised to be kept for a day, one of them without insights yet; one planned."""
        for number, how in enumerate(["ends", "keeps"]):
            self.send(sound=SOUNDS[number], raw=False, again=False, consent=1, where=None)
            assert self.last is not None
            self.work_on(self.last, self.last.jobs[-1], how)
            self.promise(self.last, None)
        self.plan(consent=True, promise=False, where=None)

    @precondition(lambda self: self.world.asked)
    @rule(data=st.data())
    def repeat(self, *, data: st.DataObject) -> None:
        asked = data.draw(st.sampled_from(self.world.asked))
        upload = self.world.uploads.get(asked.upload or "")
        if upload is not None and one_is_erased(self.world.interviews.get(upload.interview_id or "")):
            answer = self.ask("POST", asked.path, **asked.options)
            assert answer.status_code in (201, 404, 410, 451)
            return
        check = lambda: self.world.check_replay(asked)  # noqa: E731
        done, answer = self.expect(check, "POST", asked.path, **asked.options)
        if not done:
            return
        assert answer.headers["idempotency-replayed"] == "true"
        assert (answer.status_code, answer.headers.get("location")) == (asked.status, asked.location)
        if asked.upload:
            assert answer.headers["upload-offset"] == str(self.world.uploads[asked.upload].offset)
        elif not asked.insight:
            assert answer.content == asked.body

    @rule(really=st.sampled_from([True, False, False]))
    def die(self, *, really: bool) -> None:
        if really:
            self.api.kill()


@pytest.mark.database
def test_the_service_is_what_a_few_dictionaries_say(tmp_path: Path) -> None:
    told = settings(
        max_examples=STORIES,
        stateful_step_count=STEPS,
        suppress_health_check=list(HealthCheck),
        # To make a story shorter takes as long as to tell many.
        phases=[Phase.generate] if "CANDID_TEST_STORIES" not in os.environ else [Phase.generate, Phase.shrink],
    )
    with sharing(tmp_path) as shared:
        run_state_machine_as_test(lambda: Stories(shared), settings=told)
    print(f"{STORIES} stories, {shared.steps} steps, {shared.api.kills} kills;", *sorted(shared.answers.items()))  # noqa: T201
