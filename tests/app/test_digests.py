"""Digests (RFC 9530): what a client says of its bytes is held against what came, at every door and on the way out."""

import hashlib
from base64 import b64encode
from typing import Any

import pytest

from app.api import digests
from app.errors import FieldInvalid
from tests.client import Client
from tests.installation import Installation
from tests.scenes import SOUND, kept, plan, staged, upload

FORM = (
    b'--b\r\nContent-Disposition: form-data; name="consent"\r\n\r\ntrue\r\n'
    b'--b\r\nContent-Disposition: form-data; name="file"; filename="m.wav"\r\n\r\n' + SOUND + b"\r\n--b--\r\n"
)
MULTIPART = {"Content-Type": "multipart/form-data; boundary=b"}
RAW = {"Content-Type": "audio/wav"}


def digest(content: bytes) -> str:
    return f"sha-256=:{b64encode(hashlib.sha256(content).digest()).decode()}:"


def send(client: Client, door: str, headers: dict[str, str], form: bytes = FORM) -> Any:
    kind, body = (MULTIPART, form) if "form" in door else (RAW, SOUND)
    query = "" if "form" in door else "?consent=true"
    if door.startswith("put"):
        path = plan(client, title="planned")["links"]["self"]
        return client.put(f"{path}/recording{query}", content=body, headers=kind | headers)
    return client.post(f"/v1/interviews{query}", content=body, headers=kind | headers)


DOORS = pytest.mark.parametrize("door", ["post raw", "post form", "put raw", "put form"])


@DOORS
@pytest.mark.parametrize("name", ["Content-Digest", "Repr-Digest"])
def test_what_is_not_what_its_digest_says_is_not_kept(here: Installation, client: Client, door: str, name: str) -> None:
    answer = send(client, door, {name: digest(b"something else")})
    assert (answer.status_code, answer.json()["code"]) == (400, "digest-mismatch")
    assert answer.headers["want-repr-digest"] == "sha-256=10"
    assert staged(here) == kept(here) == []


@DOORS
@pytest.mark.parametrize("name", ["Content-Digest", "Repr-Digest"])
def test_what_is_what_its_digest_says_is_kept(client: Client, door: str, name: str) -> None:
    right = digest(FORM if "form" in door else SOUND)
    assert send(client, door, {name: f"sha-512=:AAAA:, {right}"}).status_code == 201


@pytest.mark.parametrize(("said", "status"), [(digest(SOUND), 201), (digest(FORM), 400), ("sha-256=1", 422)])
def test_a_form_may_say_it_of_the_file_itself(client: Client, said: str, status: int) -> None:
    form = FORM.replace(b'filename="m.wav"', b'filename="m.wav"\r\nContent-Digest: ' + said.encode())
    assert send(client, "post form", {}, form).status_code == status


def test_a_form_that_goes_on_behind_its_end_is_hashed_to_its_real_end(client: Client) -> None:
    form = FORM + b"a forgotten tail" * 9000
    assert send(client, "post form", {"Content-Digest": digest(FORM)}, form).status_code == 400
    assert send(client, "post form", {"Content-Digest": digest(form)}, form).status_code == 201


@pytest.mark.parametrize(
    "value", ["sha-256=:AAAA:", "sha-256=abc", "sha-256", "sha-256=:!!:", "\x80", "sha-256=(:AAAA:)"]
)
def test_a_digest_that_cannot_be_read_is_refused(value: str) -> None:
    with pytest.raises(FieldInvalid):
        digests.said({"content-digest": value})


@pytest.mark.parametrize("value", ["", "sha-512=:AAAA:", "md5=:AAAA:;q=1"])
def test_a_hash_that_we_do_not_know_is_none_that_we_check(value: str) -> None:
    assert digests.said({"repr-digest": value}) == frozenset()


def test_a_plan_too_is_what_its_digest_says(client: Client) -> None:
    headers = {"Content-Type": "application/json", "Content-Digest": digest(b'{"title":"Tea"}')}
    plans = [client.post("/v1/interviews", content=body, headers=headers) for body in (b'{"title":"Tea"}', b"{}")]
    assert [answer.status_code for answer in plans] == [201, 400]


def test_a_download_says_its_digest_and_a_part_of_it_that_of_the_whole(client: Client) -> None:
    path = f"{upload(client)['links']['self']}/recording"
    whole, part = client.get(path), client.get(path, headers={"Range": "bytes=0-9"})
    assert (whole.headers["repr-digest"], whole.headers["content-digest"]) == (digest(SOUND), digest(SOUND))
    assert (part.headers["repr-digest"], "content-digest" in part.headers) == (digest(SOUND), False)
