"""API keys: who gets in, for what, until when, and that no secret stays anywhere."""

import os
import stat
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from app import keys, models
from app.db import now, reading, writing
from app.errors import FieldInvalid, KeyRefused
from app.keys import Scope, Token
from app.main import create_app, prepare
from app.settings import Settings
from tests import databases
from tests.client import Client
from tests.installation import Installation
from tests.scenes import bytes_of_database, make_key, plan

FIRST = f"cdd_{'0123456789abcdef' * 2}_{'first-key-of-a-test-' * 2}"


def made(client: Client, **asked: Any) -> dict[str, Any]:
    answer = client.post("/v1/api-keys", json={"name": "phone", "scopes": ["read"], **asked})
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


def operations_with_a_key(client: Client) -> list[tuple[str, str]]:
    paths = client.contract.document["paths"].items()
    return [(verb, path) for path, verbs in paths for verb, about in verbs.items() if about.get("security")]


def test_a_key_says_whose_it_is_and_what_it_may(here: Installation, client: Client) -> None:
    me = client.as_key(make_key(here, Scope.READ, Scope.WRITE)).get("/v1/me").json()
    assert (me["owner_id"], me["scopes"]) == (here.owner_id, ["read", "write"])


def test_without_a_key_every_operation_that_needs_one_answers_401(client: Client) -> None:
    nobody = client.as_key(None)
    found = operations_with_a_key(client)
    for verb, path in found:
        answer = nobody.request(verb, path.replace("{", "").replace("}", ""))
        assert (answer.status_code, answer.headers["www-authenticate"]) == (401, 'Bearer realm="candid"')
    assert len(found) >= 20


@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/metrics", "/openapi.json", "/docs", "/problems"])
def test_what_needs_no_key_answers_without_one(client: Client, path: str) -> None:
    assert client.as_key(None).get(path).status_code == 200


@pytest.mark.parametrize("header", ["", "Bearer", "Bearer ", "Basic Y2RkOmNkZA==", "cdd_without_bearer"])
def test_a_header_that_is_no_bearer_key_is_a_missing_key(client: Client, header: str) -> None:
    answer = client.as_key(None).get("/v1/me", headers={"Authorization": header})
    assert answer.json()["code"] == "key-missing"


def test_unknown_wrong_expired_and_revoked_keys_get_the_same_answer(here: Installation, client: Client) -> None:
    wrong = Token(keys.bearer(client.headers["authorization"]).key_id, "w" * 40)
    revoked = made(client)
    client.delete(f"/v1/api-keys/{revoked['id']}")
    expired = make_key(here, expires_at=now() - timedelta(seconds=1))
    answers = [
        client.as_key(str(key)).get("/v1/me").json() for key in (keys.new_token(), wrong, expired, revoked["token"])
    ]
    assert {answer["code"] for answer in answers} == {"key-refused"}
    assert len({answer["detail"] for answer in answers}) == 1


def test_a_key_dies_at_its_expiry(here: Installation) -> None:
    token, at = Token.parse(make_key(here, expires_at=now() + timedelta(hours=1))), now() + timedelta(hours=1)
    with reading(here.engine) as session:
        key = session.get_one(models.ApiKey, token.key_id)
    assert keys.is_live(key, at=at - timedelta(seconds=1))
    assert not keys.is_live(key, at=at)


def test_a_key_cannot_be_born_dead(client: Client) -> None:
    past = (now() - timedelta(seconds=1)).isoformat()
    answer = client.post("/v1/api-keys", json={"name": "late", "scopes": ["read"], "expires_at": past})
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "/expires_at")


def test_a_revoked_key_is_dead_at_once_and_revoking_twice_is_fine(client: Client) -> None:
    key = made(client)
    phone = client.as_key(key["token"])
    assert phone.get("/v1/me").status_code == 200
    assert [client.delete(f"/v1/api-keys/{key['id']}").status_code for _ in range(2)] == [204, 204]
    assert phone.get("/v1/me").status_code == 401
    assert client.get(f"/v1/api-keys/{key['id']}").json()["revoked_at"] is not None


def test_a_key_cannot_revoke_itself(client: Client) -> None:
    answer = client.delete(f"/v1/api-keys/{client.get('/v1/me').json()['key_id']}")
    assert (answer.status_code, answer.json()["code"]) == (403, "access-refused")


@pytest.mark.parametrize(
    ("scope", "verb", "path"),
    [
        (Scope.WRITE, "GET", "/v1/interviews"),
        (Scope.READ, "POST", "/v1/interviews"),
        (Scope.WRITE, "GET", "/v1/api-keys"),
        (Scope.ADMIN, "GET", "/v1/insights"),
        (Scope.KEYS, "GET", "/v1/consents"),
    ],
)
def test_a_scope_that_is_missing_is_named(
    here: Installation, client: Client, scope: Scope, verb: str, path: str
) -> None:
    answer = client.as_key(make_key(here, scope)).request(verb, path)
    assert (answer.status_code, answer.json()["code"]) == (403, "scope-missing")
    assert answer.json()["scope"] not in (scope, None)


def test_nobody_can_give_a_scope_they_do_not_hold(here: Installation, client: Client) -> None:
    keeper = client.as_key(make_key(here, Scope.KEYS, Scope.READ))
    refused = keeper.post("/v1/api-keys", json={"name": "more", "scopes": ["read", "write"]})
    assert (refused.status_code, refused.json()["scope"]) == (403, "write")
    assert made(keeper, scopes=["read"])["scopes"] == ["read"]


def test_only_an_admin_makes_other_owners_and_they_begin_with_nothing(here: Installation, client: Client) -> None:
    plan(client, title="mine")
    other = made(client, owner="new")
    assert other["owner_id"] != here.owner_id
    assert client.as_key(other["token"]).get("/v1/interviews").json()["items"] == []
    keeper = client.as_key(make_key(here, Scope.KEYS, Scope.READ))
    assert keeper.post("/v1/api-keys", json={"name": "x", "scopes": ["read"], "owner": "new"}).status_code == 403


def test_a_key_for_an_owner_that_is_not_there_is_refused(here: Installation) -> None:
    caller = keys.Caller(here.owner_id, "key_of_the_test", frozenset(Scope))
    with writing(here.engine) as session, pytest.raises(FieldInvalid):
        keys.create(session, caller, keys.KeyRequest("x", [Scope.READ], owner="own_" + "0" * 32))


def test_a_token_is_shown_once_and_its_secret_is_not_in_the_database(here: Installation, client: Client) -> None:
    key = made(client)
    secret = Token.parse(key["token"]).secret
    client.as_key(key["token"]).get("/v1/interviews")
    later = client.get(f"/v1/api-keys/{key['id']}").text + client.get("/v1/api-keys").text
    assert "token" not in later
    assert secret not in later
    assert secret.encode() not in bytes_of_database(here)


def test_keys_are_listed_newest_first_in_pages(client: Client) -> None:
    names = [made(client, name=f"key {number}")["name"] for number in range(5)]
    page = client.get("/v1/api-keys", params={"limit": 3}).json()
    rest = client.get("/v1/api-keys", params={"limit": 3, "cursor": page["next_cursor"]}).json()
    assert [key["name"] for key in page["items"] + rest["items"]] == [*reversed(names), "a key"]
    assert rest["next_cursor"] is None


def test_the_last_use_is_noted_to_the_minute(here: Installation) -> None:
    token = Token.parse(make_key(here))
    with writing(here.engine) as session:
        keys.note_use(session, token.key_id)
        key = session.get_one(models.ApiKey, token.key_id)
        used = key.last_used_at or now()
        assert not keys.is_use_stale(key, at=used + timedelta(seconds=59))
        assert keys.is_use_stale(key, at=used + timedelta(seconds=60))


@pytest.fixture
def unprepared(tmp_path: Path) -> Iterator[Settings]:
    with databases.empty(tmp_path / "data") as url:
        yield Settings(data_dir=tmp_path / "data", database_url=url)


def with_first_key(settings: Settings, text: str = FIRST) -> Settings:
    return settings.model_copy(update={"first_key": SecretStr(text)})


def test_the_first_key_is_made_once_in_a_file_for_its_owner_alone(unprepared: Settings) -> None:
    token, again = prepare(unprepared), prepare(unprepared)
    file = unprepared.data_dir / "first-key"
    assert again is None
    assert (file.read_text(), stat.S_IMODE(file.stat().st_mode)) == (f"{token}\n", 0o600)
    with Client(create_app(unprepared), key=str(token)) as client:
        assert client.get("/v1/me").json()["scopes"] == sorted(Scope)


def test_the_first_keys_file_is_private_whatever_the_umask(unprepared: Settings) -> None:
    before = os.umask(0)
    try:
        prepare(unprepared)
    finally:
        os.umask(before)
    assert stat.S_IMODE((unprepared.data_dir / "first-key").stat().st_mode) == 0o600


def test_a_first_key_of_ones_own_is_taken_and_not_written_down(unprepared: Settings) -> None:
    settings = with_first_key(unprepared)
    assert str(prepare(settings)) == FIRST
    assert prepare(settings) is None
    assert not (unprepared.data_dir / "first-key").exists()
    with Client(create_app(settings), key=FIRST) as client:
        assert client.get("/v1/me").status_code == 200


def test_who_lost_the_first_key_gets_back_in_with_one_of_their_own(unprepared: Settings) -> None:
    lost = str(prepare(unprepared))
    settings = with_first_key(unprepared)
    prepare(settings)
    with Client(create_app(settings), key=lost) as client:
        made = plan(client, title="kept")
        assert client.as_key(FIRST).get(made["links"]["self"]).json() == made


def test_among_several_owners_a_first_key_of_ones_own_is_nobodys_yet(unprepared: Settings) -> None:
    settings = with_first_key(unprepared)
    with Client(create_app(settings), key=str(prepare(unprepared))) as client:
        known = {client.get("/v1/me").json()["owner_id"], made(client, owner="new")["owner_id"]}
        prepare(settings)
        assert client.as_key(FIRST).get("/v1/me").json()["owner_id"] not in known


@pytest.mark.parametrize("text", [FIRST[:-1] + "X", "not-a-key", f"cdd_{'0' * 32}_short"])
def test_a_first_key_that_cannot_be_ours_stops_the_start(unprepared: Settings, text: str) -> None:
    prepare(with_first_key(unprepared))
    with pytest.raises(KeyRefused):
        prepare(with_first_key(unprepared, text))


@given(st.text())
def test_any_text_is_a_token_or_refused(text: str) -> None:
    try:
        assert str(Token.parse(text)) == text
    except KeyRefused:
        assert not text.startswith("cdd_" + "0" * 32 + "_" + "x" * 32)


def test_a_fresh_token_survives_being_written_down() -> None:
    token = keys.new_token()
    assert Token.parse(str(token)) == token
    assert "_" not in token.secret
