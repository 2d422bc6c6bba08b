"""A client that is told things and remembers them: every 2xx is a promise that the checker holds the service to."""

import hashlib
import io
import random
import time
import wave
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import httpx

from tests.tus import PIECE, VERSION, metadata
from tests.whole.chaos.ground import KEY, Ground

SECONDS, RATE = 65, 8000
PIECES = 3
PATIENCE_S = 60.0
# Nothing happened, or somebody is just at it: to be asked again.
AGAIN = {409: ("idempotency-key-in-use", "state-conflict"), 423: ("upload-busy",), 503: ()}


class Broken(AssertionError):
    """The service took back what it had said."""


@dataclass
class Promise:
    """What was acknowledged of one interview. `word` is one that only its transcript has."""

    interview_id: str
    job_id: str
    sha256: str
    size_bytes: int
    word: str
    door: str
    points: list[str]
    key: str | None = None
    edits: list[str] = field(default_factory=list)
    consent_id: str | None = None
    is_withdrawn: bool = False


@dataclass
class History:
    promises: list[Promise] = field(default_factory=list)

    def ready(self) -> list[Promise]:
        return [one for one in self.promises if not one.is_withdrawn]


def recording(chance: random.Random) -> bytes:
    """A recording that there is once."""
    made = io.BytesIO()
    with wave.open(made, "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(1)
        out.setframerate(RATE)
        out.writeframes(chance.randbytes(SECONDS * RATE))
    return made.getvalue()


@dataclass
class Client:
    """Sends until it is answered, through every death of the API, as a phone does."""

    ground: Ground
    chance: random.Random
    history: History = field(default_factory=History)

    def __post_init__(self) -> None:
        self._http = httpx.Client(
            base_url=self.ground.url, headers={"Authorization": f"Bearer {KEY}"}, timeout=30, trust_env=False
        )

    def close(self) -> None:
        self._http.close()

    def ask(self, method: str, path: str, **options: Any) -> httpx.Response:
        """The first answer that is one. Raises TimeoutError."""
        until = time.monotonic() + PATIENCE_S
        while time.monotonic() < until:
            with suppress(httpx.TransportError):
                answer = self._http.request(method, path, **options)
                if not _is_passing(answer):
                    return answer
            time.sleep(0.02)
        raise TimeoutError(f"{method} {path} was not answered")

    def told(self, method: str, path: str, **options: Any) -> Any:
        """What a success says."""
        answer = self.ask(method, path, **options)
        if not answer.is_success:
            raise Broken(f"{method} {path}: {answer.status_code} {answer.text[:300]}")
        return answer.json() if answer.content and "json" in answer.headers["content-type"] else answer

    def key(self) -> str:
        return f"{self.chance.getrandbits(128):032x}"

    def subscribe(self, url: str) -> None:
        events = ["interview.ready", "interview.erased", "insights.extracted", "job.succeeded", "job.canceled"]
        self.told("POST", "/v1/webhooks", json={"url": url, "events": events})

    def send(self, point: str) -> Promise:
        """A new recording by one of the doors that take it at once."""
        door = self.chance.choice([self._by_form, self._raw, self._for_planned])
        return self._sent(point, door)

    def resume(self, point: str) -> Promise:
        """A new recording in pieces."""
        return self._sent(point, self._in_pieces)

    def plan(self, point: str) -> Promise:
        """A new recording for an interview that was planned."""
        return self._sent(point, self._for_planned)

    def _sent(self, point: str, door: Callable[[bytes, str, str], tuple[dict[str, Any], str | None]]) -> Promise:
        sound, word, key = recording(self.chance), f"Zq{self.chance.getrandbits(64):x}", self.key()
        made, kept_key = door(sound, word, key)
        sha256 = hashlib.sha256(sound).hexdigest()
        name = door.__name__.strip("_")
        promise = Promise(made["id"], made["job"]["id"], sha256, len(sound), word, name, [point], kept_key)
        self.history.promises.append(promise)
        said = made["recording"]
        if (said["sha256"], said["size_bytes"]) != (sha256, len(sound)):
            raise Broken(f"{promise.interview_id} has other bytes than those that were sent by {name}")
        return promise

    def form_of(self, sound: bytes, word: str) -> dict[str, Any]:
        # That it is the same recording must not be what keeps it from being there twice.
        said = {"consent": "true", "vocabulary": word, "on_duplicate": "new"}
        return {"data": said, "files": {"file": ("memo.wav", sound, "audio/wav")}}

    def _by_form(self, sound: bytes, word: str, key: str) -> tuple[dict[str, Any], str]:
        headers = {"Idempotency-Key": key}
        return self.told("POST", "/v1/interviews", headers=headers, **self.form_of(sound, word)), key

    def _raw(self, sound: bytes, word: str, key: str) -> tuple[dict[str, Any], str]:
        headers = {"Idempotency-Key": key, "Content-Type": "audio/wav"}
        query = {"consent": "true", "vocabulary": word, "on_duplicate": "new"}
        return self.told("POST", "/v1/interviews", headers=headers, params=query, content=sound), key

    def _for_planned(self, sound: bytes, word: str, key: str) -> tuple[dict[str, Any], None]:
        about = {"consent": True, "vocabulary": [word]}
        path = self.told("POST", "/v1/interviews", headers={"Idempotency-Key": key}, json=about)["links"]["self"]
        answer = self.ask("PUT", f"{path}/recording", headers={"Content-Type": "audio/wav"}, content=sound)
        if answer.status_code not in (200, 201, 409):
            raise Broken(f"PUT {path}/recording: {answer.status_code} {answer.text[:300]}")
        return self.told("GET", path), None

    def _in_pieces(self, sound: bytes, word: str, _key: str) -> tuple[dict[str, Any], None]:
        about = {"Upload-Length": str(len(sound)), "Upload-Metadata": metadata(consent="true", vocabulary=word)}
        path = self.told("POST", "/v1/uploads", headers=VERSION | about).headers["location"]
        offset, step = 0, -(-len(sound) // PIECES)
        while offset < len(sound):
            headers = VERSION | PIECE | {"Upload-Offset": str(offset)}
            with suppress(httpx.TransportError):
                self._http.patch(path, headers=headers, content=sound[offset : offset + step])
            there = self.told("HEAD", path, headers=VERSION).headers
            if int(there["upload-offset"]) < offset:
                raise Broken(f"{path} goes on at {there['upload-offset']} after {offset} was said to be safe")
            offset = int(there["upload-offset"])
        return self.told("GET", there["candid-interview"]), None

    def edit(self, promise: Promise) -> None:
        """A correction of the first segment; sent again when nobody knows whether it was done."""
        path, said = f"/v1/interviews/{promise.interview_id}/transcript", f"As edited: {self.key()} {promise.word}"
        etag = self.ask("GET", path).headers["etag"]
        answer = self.ask("PATCH", f"{path}/segments/1", headers={"If-Match": etag}, json={"text": said})
        if answer.status_code == 412 and self.told("GET", path)["segments"][0]["text"] != said:
            raise Broken(f"{path} was changed, and not by the edit that was cut off")
        if not answer.is_success and answer.status_code != 412:
            raise Broken(f"PATCH {path}: {answer.status_code} {answer.text[:300]}")
        promise.edits.append(said)

    def withdraw(self, promise: Promise) -> None:
        """From its answer on nothing of it is to be read."""
        if promise.consent_id is None:
            listed = self.told("GET", "/v1/consents", params={"interview_id": promise.interview_id})["items"]
            promise.consent_id = listed[0]["id"]
        headers = {"Idempotency-Key": self.key()}
        self.told("POST", f"/v1/consents/{promise.consent_id}/withdraw", headers=headers, json={})
        promise.is_withdrawn = True
        answer = self.ask("GET", f"/v1/interviews/{promise.interview_id}/transcript")
        if answer.status_code != 451:
            raise Broken(f"{promise.interview_id} was withdrawn and its transcript answers {answer.status_code}")


def _is_passing(answer: httpx.Response) -> bool:
    if answer.status_code not in AGAIN:
        return False
    codes = AGAIN[answer.status_code]
    return not codes or answer.json().get("code") in codes
