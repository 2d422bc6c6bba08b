"""API keys, and who one is."""

from datetime import datetime
from typing import Annotated

from pydantic import Field, StringConstraints

from app import ids
from app.api.schemas.fields import (
    EXAMPLE_AT,
    EXAMPLE_KEY,
    EXAMPLE_OWNER,
    Input,
    Instant,
    Line,
    Output,
    example,
    page_example,
)
from app.keys import Scope


class KeyIn(Input):
    """A key to be made. `owner`: left out for your own, `new` for another owner (scope admin)."""

    model_config = example({"name": "Ada's phone", "scopes": ["read", "write"]})

    name: Line
    scopes: list[Scope] = Field(min_length=1, max_length=len(Scope))
    expires_at: Instant | None = None
    owner: Annotated[str, StringConstraints(pattern=rf"^new$|{ids.pattern(ids.Kind.OWNER)}")] | None = None


KEY_EXAMPLE = {
    "id": EXAMPLE_KEY,
    "owner_id": EXAMPLE_OWNER,
    "name": "Ada's phone",
    "scopes": ["read", "write"],
    "created_at": EXAMPLE_AT,
    "expires_at": None,
    "revoked_at": None,
    "last_used_at": None,
}


class KeyOut(Output):
    """An API key, without its secret."""

    model_config = example(KEY_EXAMPLE)

    id: str = Field(pattern=ids.pattern(ids.Kind.KEY))
    owner_id: str
    name: str
    scopes: list[Scope]
    created_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None
    last_used_at: datetime | None = Field(description="To the minute.")


class KeyMade(KeyOut):
    """A new key, with its token: this is the only time it is shown."""

    model_config = example(
        KEY_EXAMPLE | {"token": "cdd_01979d2e9c1a7f6e8a65b80ab1c4db79_this-is-only-an-example-secret"}
    )

    token: str


class KeyPage(Output):
    """Some of your API keys, and where the next ones begin."""

    model_config = page_example(KEY_EXAMPLE)

    items: list[KeyOut]
    next_cursor: str | None = Field(description="Send it back as `cursor`; null on the last page.")


class MeOut(Output):
    """Who this key is."""

    model_config = example({"owner_id": EXAMPLE_OWNER, "key_id": EXAMPLE_KEY, "scopes": ["read", "write"]})

    owner_id: str
    key_id: str
    scopes: list[Scope]
