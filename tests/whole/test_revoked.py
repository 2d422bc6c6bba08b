"""A key that is revoked is dead at once: on every operation, for what is on its way in, and for who only listens."""

import asyncio
from collections.abc import Iterator, MutableMapping
from typing import Any

import pytest

from app import keys
from app.db import writing
from app.main import create_app
from tests import scenes
from tests.client import Client
from tests.installation import Installation
from tests.scenes import SOUND, heard, kept, make_key, scope_of, staged
from tests.tus import PIECE, VERSION, Sender

FORM = "multipart/form-data; boundary=x"
BEGINNING = b'--x\r\nContent-Disposition: form-data; name="consent"\r\n\r\ntrue\r\n'
BEGINNING += b'--x\r\nContent-Disposition: form-data; name="file"; filename="m.wav"\r\n\r\n'


def revoke(here: Installation, token: str) -> None:
    with writing(here.engine) as session:
        key_id = keys.Token.parse(token).key_id
        other = keys.Caller(here.owner_id, keys.Token.parse(make_key(here)).key_id, frozenset())
        keys.revoke(session, other, key_id)


class Phone:
    """A client at the ASGI border whose key is revoked after its first block; then it goes on as if nothing were."""

    def __init__(self, here: Installation, *blocks: bytes) -> None:
        self.here, self.key, self.status, self.body = here, make_key(here), 0, b""
        self._messages = self._tell(blocks)

    def _tell(self, blocks: tuple[bytes, ...]) -> Iterator[MutableMapping[str, Any]]:
        for number, block in enumerate(blocks):
            if number == 1:
                revoke(self.here, self.key)
            yield {"type": "http.request", "body": block, "more_body": number < len(blocks) - 1}

    async def receive(self) -> MutableMapping[str, Any]:
        return await asyncio.to_thread(next, self._messages, {"type": "http.disconnect"})

    async def send(self, message: MutableMapping[str, Any]) -> None:
        self.status = message.get("status", self.status)
        self.body += message.get("body", b"")

    def ask(self, method: str, path: str, headers: dict[str, str], query: str = "") -> None:
        app, told = create_app(self.here.settings), {"Authorization": f"Bearer {self.key}", **headers}

        async def talk() -> None:
            async with app.router.lifespan_context(app):
                await app(scope_of(path, told, method=method, query=query), self.receive, self.send)

        asyncio.run(talk())


def test_a_revoked_key_opens_no_operation(here: Installation, client: Client) -> None:
    made, phone = heard(here, client), make_key(here)
    operations = [
        (verb, path, about["security"])
        for path, verbs in client.contract.document["paths"].items()
        for verb, about in verbs.items()
    ]
    ids = {name: "none" for _verb, path, _security in operations for name in names(path)}
    ids |= {"interview_id": made["id"], "job_id": made["job"]["id"], "consent_id": made["consent"]["id"]}
    revoke(here, phone)
    for verb, path, security in operations:
        if security:
            answer = client.as_key(phone).request(verb, path.format_map(ids))
            assert answer.status_code == 401, (verb, path)
            assert verb == "head" or answer.json()["code"] == "key-refused"
    assert client.get(made["links"]["self"]).json() == made


def names(path: str) -> list[str]:
    return [part[1:-1] for part in path.split("/") if part.startswith("{")]


@pytest.mark.parametrize("size", [len(SOUND), len(SOUND) + 100])
def test_of_a_piece_that_is_coming_nothing_more_counts(here: Installation, client: Client, size: int) -> None:
    path = Sender(client).begun(size)
    phone = Phone(here, SOUND[:300], SOUND[300:])
    phone.ask("PATCH", path, VERSION | PIECE | {"Upload-Offset": "0", "Content-Length": str(len(SOUND))})
    assert (phone.status, b"key-refused" in phone.body) == (401, True)
    assert (Sender(client).offset(path), kept(here)) == (0, [])
    # Another key of the same person goes on with it.
    assert Sender(client).append(path, 0, SOUND).status_code == 204


@pytest.mark.parametrize(
    ("blocks", "kind", "query"),
    [((SOUND[:300], SOUND[300:]), "audio/wav", "consent=true"), ((BEGINNING, SOUND, b"\r\n--x--\r\n"), FORM, "")],
)
def test_a_recording_that_is_coming_is_not_taken(
    here: Installation, client: Client, blocks: tuple[bytes, ...], kind: str, query: str
) -> None:
    phone = Phone(here, *blocks)
    phone.ask("POST", "/v1/interviews", {"Content-Type": kind}, query)
    assert (phone.status, b"key-refused" in phone.body) == (401, True)
    assert (kept(here), staged(here), client.get("/v1/interviews").json()["items"]) == ([], [], [])


def test_a_body_of_json_that_is_coming_changes_nothing(here: Installation, client: Client) -> None:
    made = scenes.plan(client, title="before")
    phone = Phone(here, b'{"title": ', b'"after"}')
    phone.ask("PATCH", made["links"]["self"], {"Content-Type": "application/json"})
    assert (phone.status, client.get(made["links"]["self"]).json()["title"]) == (401, "before")
