"""What is done with interviews and their recordings: planned, sent, changed, kept long enough, withdrawn, deleted."""

from datetime import timedelta
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from app import erasures, models, retention
from app.db import now, reading, writing
from tests import scenes
from tests.tus import PIECE, VERSION, metadata
from tests.whole.model import Asked, Interview, Refused, Upload, World, one_is_erased
from tests.whole.mortal_api import Where
from tests.whole.telling import Telling, fatal, numbers, yes

SOUNDS = [scenes.wav(seconds=0.05 + number / 100) for number in range(4)]
sounds = st.sampled_from(SOUNDS)


class Recording(Telling):
    @rule(consent=yes, promise=yes, where=fatal)
    def plan(self, *, consent: bool, promise: bool, where: Where | None) -> None:
        title = f"talk {next(numbers)}"
        made = self.post(lambda: None, "/v1/interviews", where, json={"title": title, "consent": consent}).json()
        one = self.keep(made["id"], title)
        if consent:
            self.learn(one, consent=True)
        if promise:
            self.promise(one, where)

    def promise(self, one: Interview, where: Where | None) -> None:
        promised = {"recording_days": 1, "transcript_days": 1}
        self.expect(lambda: None, "PATCH", one.path, where, json={"retention": promised})
        one.is_promised = True

    @rule(sound=sounds, raw=yes, again=yes, consent=st.integers(0, 9), where=fatal)
    def send(self, *, sound: bytes, raw: bool, again: bool, consent: int, where: Where | None) -> None:
        title = f"talk {next(numbers)}"
        said = {"title": title, "on_duplicate": "new" if again else "existing", "consent": str(bool(consent)).lower()}
        body: dict[str, Any] = {"data": said, "files": {"file": ("memo.wav", sound, "audio/wav")}}
        if raw:
            body = {"params": said, "content": sound, "headers": {"Content-Type": "audio/wav"}}
        answer = self.post(lambda: _refuse_without(consent), "/v1/interviews", where, **body)
        twin = None if again else self.world.twin(sound)
        if answer is None:
            return
        if twin is not None:
            assert (answer.status_code, answer.json()["id"]) == (200, twin.id)
            return
        assert answer.status_code == 201
        one = self.keep(answer.json()["id"], title)
        one.sound = sound
        self.learn(one, consent=True, kind="transcription")

    @precondition(lambda self: self.world.interviews)
    @rule(data=st.data(), sound=sounds, consent=yes, again=yes, where=fatal)
    def put_recording(
        self, *, data: st.DataObject, sound: bytes, consent: bool, again: bool, where: Where | None
    ) -> None:
        one = self.one(data, among=lambda one: one.sound is None)

        def check() -> None:
            one.check_can_record(consent=consent)
            _refuse_twin(self.world, sound, again=again)

        done, _answer = self.expect(
            check,
            "PUT",
            f"{one.path}/recording",
            where,
            params={"consent": str(consent).lower(), "on_duplicate": "new" if again else "existing"},
            content=sound,
            headers={"Content-Type": "audio/wav"},
        )
        if done:
            one.sound = sound
            self.learn(one, consent=consent, kind="transcription")

    @precondition(lambda self: self.world.interviews)
    @rule(data=st.data(), hold=yes, matches=yes, where=fatal)
    def change(self, *, data: st.DataObject, hold: bool, matches: bool, where: Where | None) -> None:
        one = self.one(data)
        title, reason = f"talk {next(numbers)}", {"reason": f"held {next(numbers)}"} if hold else None
        tag = self.get(one.path).headers.get("etag", '"1"') if matches else '"0.0"'

        def check() -> None:
            one.check_there()
            if not matches:
                raise Refused(412)

        body = {"title": title, "hold": reason}
        done, _answer = self.expect(check, "PATCH", one.path, where, json=body, headers={"If-Match": tag})
        if done:
            one.title, one.hold = title, reason and reason["reason"]

    @precondition(lambda self: self.world.interviews)
    @rule(data=st.data(), where=fatal)
    def delete(self, *, data: st.DataObject, where: Where | None) -> None:
        one = self.one(data)
        self.hide(one.versions)
        if self.expect(one.check_there, "DELETE", one.path, where)[0]:
            one.withdraw()
            one.is_deleted = True

    @precondition(lambda self: any(one.consents for one in self.world.interviews.values()))
    @rule(data=st.data(), where=fatal)
    def withdraw(self, *, data: st.DataObject, where: Where | None) -> None:
        one = self.one(data, among=lambda one: one.consents and not one.is_withdrawn)
        if one.consents:
            self.hide(one.versions)
            consent = data.draw(st.sampled_from(one.consents))
            # Nothing that is kept of this answer tells of the interview: it is answered again.
            self.post(lambda: None, f"/v1/consents/{consent}/withdraw", where, json={})
            one.withdraw()

    @rule(dies=yes)
    def let_time_pass(self, *, dies: bool) -> None:
        """What was promised is over; the worker that erases may die before the sound is gone."""
        later = now() + timedelta(days=2)
        wanted = []
        for one in self.world.interviews.values():
            said = list(one.versions)
            wanted += [(one.id, kind) for kind in one.pass_time()]
            if one.are_words_erased:
                self.hide(said)
        with reading(self.here.engine) as session:
            due = retention.due(session, self.here.settings, at=later)
        ours = [part for part in due if part.interview_id in self.world.interviews]
        assert sorted((part.interview_id, str(part.kind)) for part in ours) == sorted(wanted)
        for part in ours:
            with writing(self.here.engine) as session:
                interview = session.get_one(models.Interview, part.interview_id, with_for_update=True)
                erasures.begin_part(session, interview, part.kind)
        if not dies:
            self.finish_erasures()

    # Uploads in pieces.

    @rule(data=st.data(), sound=sounds, planned=yes, first=st.integers(0, 400), where=fatal)
    def begin_upload(
        self, *, data: st.DataObject, sound: bytes, planned: bool, first: int, where: Where | None
    ) -> None:
        is_for = self.one(data, among=lambda one: one.sound is None) if planned and self.world.interviews else None
        title = None if is_for else f"talk {next(numbers)}"
        said = {"interview_id": is_for.id} if is_for else {"title": title or ""}
        about = metadata(consent="true", on_duplicate="new", **said)
        headers = VERSION | {"Upload-Length": str(len(sound)), "Upload-Metadata": about} | (PIECE if first else {})
        check = (lambda: is_for.check_can_record(consent=True)) if is_for else (lambda: None)
        body = {"content": sound[:first]} if first else {}
        answer = self.post(check, "/v1/uploads", where, is_for, headers=headers, **body)
        if answer is not None:
            path = answer.headers["location"]
            upload = Upload(path, sound, title, is_for and is_for.id, offset=first)
            self.world.uploads[path] = upload
            assert answer.headers["upload-offset"] == str(first)

    @precondition(lambda self: self.world.uploads)
    @rule(data=st.data(), size=st.integers(1, 1200), where=fatal)
    def append(self, *, data: st.DataObject, size: int, where: Where | None) -> None:
        upload: Upload = data.draw(st.sampled_from(list(self.world.uploads.values())))
        reached = min(upload.offset + size, len(upload.sound))
        is_for = self.world.interviews.get(upload.interview_id or "")
        self.last = is_for
        if one_is_erased(is_for):
            # The row goes when the sound is gone, and nobody waits for that here.
            answer = self.ask("PATCH", upload.path, headers=VERSION | PIECE | {"Upload-Offset": "0"}, content=b"")
            assert answer.status_code in (404, 409, 410, 451)
            return

        def check() -> None:
            _check_upload(upload, is_for)
            if reached == len(upload.sound) and is_for and not upload.is_finished:
                is_for.check_can_record(consent=True)

        done, answer = self.expect(
            check,
            "PATCH",
            upload.path,
            where,
            headers=VERSION | PIECE | {"Upload-Offset": str(upload.offset)},
            content=upload.sound[upload.offset : reached],
        )
        if not done:
            self.note_failure(upload, answer, is_last=reached == len(upload.sound))
            return
        was_finished, upload.offset = upload.is_finished, reached
        if reached == len(upload.sound) and not was_finished:
            self.finish_upload(upload, is_for)

    def note_failure(self, upload: Upload, answer: Any, *, is_last: bool) -> None:
        """What comes of an upload whose interview does not take it: it is over, or it waits for its last byte."""
        over = ("recording-present", "consent-withdrawn", "consent-required")
        if answer.status_code in (404, 451) or answer.json()["code"] in over:
            head = self.api.ask("HEAD", upload.path, headers=VERSION)
            assert head is not None
            upload.is_gone = upload.is_gone or head.status_code == 404
        elif is_last:
            upload.offset = len(upload.sound) - 1

    def finish_upload(self, upload: Upload, is_for: Interview | None) -> None:
        head = self.api.ask("HEAD", upload.path, headers=VERSION)
        assert head is not None
        path = head.headers["candid-interview"]
        upload.is_finished = True
        if is_for is None:
            is_for = self.keep(path.rpartition("/")[2], upload.title or "")
        assert path == is_for.path
        upload.interview_id, is_for.sound = is_for.id, upload.sound
        self.learn(is_for, consent=True, kind="transcription")
        told = [asked for asked in self.world.asked if asked.upload == upload.path and asked.interview_id is None]
        for asked in told:
            self.world.asked.remove(asked)
            self.world.asked.append(_of_interview(asked, is_for))

    @precondition(lambda self: self.world.uploads)
    @rule(data=st.data(), where=fatal)
    def give_up_upload(self, *, data: st.DataObject, where: Where | None) -> None:
        upload: Upload = data.draw(st.sampled_from(list(self.world.uploads.values())))
        if one_is_erased(self.world.interviews.get(upload.interview_id or "")):
            return
        self.expect(lambda: _refuse_gone(upload), "DELETE", upload.path, where, headers=VERSION)
        upload.is_gone = True


def _refuse_without(consent: object) -> None:
    if not consent:
        raise Refused(422)


def _refuse_twin(world: World, sound: bytes, *, again: bool) -> None:
    if not again and world.twin(sound) is not None:
        raise Refused(422)


def _refuse_gone(upload: Upload) -> None:
    if upload.is_gone:
        raise Refused(404)


def _check_upload(upload: Upload, is_for: Interview | None) -> None:
    _refuse_gone(upload)
    if is_for is not None:
        is_for.check_readable()


def _of_interview(asked: Asked, one: Interview) -> Asked:
    return Asked(**{**vars(asked), "interview_id": one.id, "forgotten": one.forgotten})
