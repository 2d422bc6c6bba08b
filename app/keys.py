"""API keys: who is calling, what they may do, and making, listing and revoking keys."""

import hashlib
import hmac
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from pathlib import Path

from sqlalchemy import Connection, event, or_
from sqlmodel import Session, col, select

from app import ids, locks, models
from app.db import WriteSession, now
from app.errors import AccessRefused, FieldInvalid, KeyMissing, KeyRefused, NotFound, ScopeMissing
from app.settings import Settings

PREFIX = "cdd"
SECRET_BYTES = 32
MIN_SECRET_LENGTH = 32
# A key's last use is kept to the minute: a write for every read would make every read wait for the write lock.
LAST_USED_GRAIN = timedelta(minutes=1)


class Scope(StrEnum):
    """What a key may do. `admin` may also make keys for other owners."""

    READ = "read"
    WRITE = "write"
    KEYS = "keys"
    ADMIN = "admin"


@dataclass(frozen=True)
class Caller:
    """Who is calling: found once per request, asked by every query."""

    owner_id: str
    key_id: str
    scopes: frozenset[Scope]

    def must(self, scope: Scope) -> None:
        """Raises ScopeMissing unless the key carries `scope`."""
        if scope not in self.scopes:
            raise ScopeMissing(f"This needs a key with the scope {scope.value!r}.", scope=scope.value)


@dataclass(frozen=True)
class Token:
    """The parts of `cdd_<32 hex digits>_<secret>`."""

    key_id: str
    secret: str

    @classmethod
    def parse(cls, text: str) -> "Token":
        """Raises KeyRefused when the text does not have that form."""
        prefix, _, rest = text.partition("_")
        number, _, secret = rest.partition("_")
        key_id = f"{ids.Kind.KEY}_{number}"
        if prefix != PREFIX or not ids.is_a(ids.Kind.KEY, key_id) or len(secret) < MIN_SECRET_LENGTH:
            raise KeyRefused("That is not a Candid API key.")
        return cls(key_id, secret)

    def __str__(self) -> str:
        return f"{PREFIX}_{self.key_id.removeprefix(f'{ids.Kind.KEY}_')}_{self.secret}"

    @property
    def secret_sha256(self) -> str:
        # A fast hash is right here: the secret is 256 random bits, not a person's password.
        return hashlib.sha256(self.secret.encode()).hexdigest()


def new_token() -> Token:
    return Token(ids.new(ids.Kind.KEY), secrets.token_urlsafe(SECRET_BYTES).replace("_", "-"))


def bearer(authorization: str | None) -> Token:
    """The token of an `Authorization` header. Raises KeyMissing or KeyRefused."""
    scheme, _, text = (authorization or "").partition(" ")
    if scheme.lower() != "bearer" or not text.strip():
        raise KeyMissing("Send your key as 'Authorization: Bearer cdd_...'.")
    return Token.parse(text.strip())


def identify(session: Session, token: Token) -> Caller:
    """The caller a token stands for. Raises KeyRefused, with the same words for unknown, expired and revoked."""
    key = session.get(models.ApiKey, token.key_id)
    # An unknown key costs the same comparison, so that time does not tell which ids exist.
    known = key.secret_sha256 if key else hashlib.sha256(b"").hexdigest()
    matches = hmac.compare_digest(known, token.secret_sha256)
    if key is None or not matches or not is_live(key, at=now()):
        raise refused()
    return Caller(key.owner_id, key.id, frozenset(Scope(scope) for scope in key.scopes))


def refused() -> KeyRefused:
    return KeyRefused("This key is unknown, expired or revoked.")


def is_live(key: models.ApiKey, *, at: datetime) -> bool:
    return key.revoked_at is None and (key.expires_at is None or key.expires_at > at)


def check_first(session: WriteSession, key_id: str) -> None:
    """Has the session's transaction look first whether the key is still good: a body may take hours to come.

    Its first statement then raises KeyRefused.
    """
    event.listen(session, "after_begin", lambda _session, _begun, connection: _check(connection, key_id), once=True)


def _check(connection: Connection, key_id: str) -> None:
    key = models.ApiKey
    is_unexpired = or_(col(key.expires_at).is_(None), col(key.expires_at) > now())
    live = select(key.id).where(key.id == key_id, col(key.revoked_at).is_(None), is_unexpired)
    if connection.execute(live).first() is None:
        raise refused()


def is_use_stale(key: models.ApiKey, *, at: datetime) -> bool:
    """Whether the noted last use is old enough to be worth a write."""
    return key.last_used_at is None or at - key.last_used_at >= LAST_USED_GRAIN


def note_use(session: WriteSession, key_id: str) -> None:
    key = session.get(models.ApiKey, key_id)
    if key is not None:
        key.last_used_at = now()


@dataclass(frozen=True)
class KeyRequest:
    """A key asked for. `owner`: None is the caller's own; `new` makes another owner (scope admin)."""

    name: str
    scopes: Sequence[Scope]
    expires_at: datetime | None = None
    owner: str | None = None


def create(session: WriteSession, caller: Caller, wanted: KeyRequest) -> tuple[models.ApiKey, Token]:
    """A new key and, this once, its token. Nobody can give a scope they do not hold."""
    for scope in wanted.scopes:
        caller.must(scope)
    if wanted.expires_at is not None and wanted.expires_at <= now():
        raise FieldInvalid("/expires_at", "The key would have expired already.")
    token = new_token()
    key = models.ApiKey(
        id=token.key_id,
        owner_id=_owner_for(session, caller, wanted),
        name=wanted.name,
        secret_sha256=token.secret_sha256,
        scopes=[scope.value for scope in wanted.scopes],
        expires_at=wanted.expires_at,
    )
    session.add(key)
    return key, token


def _owner_for(session: WriteSession, caller: Caller, wanted: KeyRequest) -> str:
    if wanted.owner is None or wanted.owner == caller.owner_id:
        return caller.owner_id
    caller.must(Scope.ADMIN)
    if wanted.owner == "new":
        owner = models.Owner(name=wanted.name)
        session.add(owner)
        session.flush()
        return owner.id
    if session.get(models.Owner, wanted.owner) is None:
        raise FieldInvalid("/owner", "There is no such owner.")
    return wanted.owner


def find(session: Session, owner_id: str, key_id: str) -> models.ApiKey:
    key = locks.find(session, models.ApiKey, key_id, owner_id=owner_id)
    if key is None:
        raise NotFound("There is no key with this id.")
    return key


def page(session: Session, owner_id: str, *, limit: int, after: str | None) -> list[models.ApiKey]:
    """Up to `limit` keys of the owner, newest first, older than the id `after`."""
    query = select(models.ApiKey).where(models.ApiKey.owner_id == owner_id)
    if after:
        query = query.where(models.ApiKey.id < after)
    return list(session.exec(query.order_by(models.ApiKey.id.desc()).limit(limit)))  # type: ignore[attr-defined]


def revoke(session: WriteSession, caller: Caller, key_id: str) -> None:
    """Takes effect with the commit. Revoking twice is fine; the key that asks cannot revoke itself.

    Nor can two revoke each other: the second finds itself revoked. Raises NotFound, AccessRefused, KeyRefused.
    """
    locks.hold(session, models.Owner, caller.owner_id)
    if not is_live(find(session, caller.owner_id, caller.key_id), at=now()):
        raise refused()
    key = find(session, caller.owner_id, key_id)
    if key.id == caller.key_id:
        raise AccessRefused("A key cannot revoke itself: you would lock yourself out.")
    key.revoked_at = key.revoked_at or now()


def ensure_first(session: WriteSession, settings: Settings) -> Token | None:
    """Makes sure there is a first key with every scope; returns its token when it was made just now.

    A key of one's own on an installation with one owner is that owner's: so somebody who lost theirs gets back in.
    """
    locks.alone(session)
    if settings.first_key is not None:
        return _keep_first(session, Token.parse(settings.first_key.get_secret_value()))
    if session.exec(select(models.ApiKey.id).limit(1)).first() is not None:
        return None
    token = new_token()
    _write_secret(settings.data_dir / "first-key", str(token))
    return _keep_first(session, token)


def renew_first(session: WriteSession, settings: Settings) -> None:
    """A new first key in the data folder, for the owner whom the first one was for; no key there was goes on or off.

    The secrets of keys are in no backup; who restores one must get in all the same.
    """
    first = session.exec(select(models.ApiKey).order_by(col(models.ApiKey.created_at)).limit(1)).first()
    if settings.first_key is not None or first is None:
        return
    token = new_token()
    _write_secret(settings.data_dir / "first-key", str(token))
    session.add(_every_scope(token, first.owner_id))


def _every_scope(token: Token, owner_id: str) -> models.ApiKey:
    return models.ApiKey(
        id=token.key_id,
        owner_id=owner_id,
        name="first key",
        secret_sha256=token.secret_sha256,
        scopes=[scope.value for scope in Scope],
    )


def _keep_first(session: WriteSession, token: Token) -> Token | None:
    known = session.get(models.ApiKey, token.key_id)
    if known is not None and known.secret_sha256 == token.secret_sha256:
        return None
    if known is not None:
        raise KeyRefused("CANDID_FIRST_KEY carries the id of a known key with another secret.")
    session.add(_every_scope(token, _first_owner(session)))
    return token


def _first_owner(session: WriteSession) -> str:
    """The only owner's id, or a new one's: among several, nobody can tell whose key it is."""
    owners = session.exec(select(models.Owner).limit(2)).all()
    if len(owners) == 1:
        return owners[0].id
    owner = models.Owner(name="first owner")
    session.add(owner)
    session.flush()
    return owner.id


def _write_secret(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    path.touch(mode=0o600)
    path.write_text(text + "\n")
