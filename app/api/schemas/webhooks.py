"""Webhooks, and what was sent to them."""

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import Field, StringConstraints

from app import ids
from app.api.schemas.fields import (
    EXAMPLE_AT,
    EXAMPLE_DELIVERY,
    EXAMPLE_INTERVIEW,
    EXAMPLE_JOB,
    EXAMPLE_WEBHOOK,
    Input,
    Note,
    Output,
    PageQuery,
    example,
    left_out,
    page_example,
)
from app.deliveries import Event

EXAMPLE_URL = "https://example.com/hooks/candid"
EXAMPLE_SECRET = "whsec_dGhpcyBpcyBvbmx5IGFuIGV4YW1wbGUgc2VjcmV0IQ=="  # noqa: S105  invented
Url = Annotated[str, StringConstraints(max_length=2000, pattern=r"^https?://[\x21-\x7E]+$")]
Events = Annotated[list[Event], Field(min_length=1, max_length=len(Event))]
DeliveryStatus = Literal["pending", "delivered", "failed"]


class WebhookIn(Input):
    """Where to send events, and which. Deliveries follow the Standard Webhooks specification."""

    model_config = example({"url": EXAMPLE_URL, "events": ["interview.ready", "interview.failed"]})

    url: Url = Field(description="An https URL of a public host.")
    events: Events = Field(description="Which events are sent.")
    description: Note | None = Field(default=None, description="What it is for, in your words.")
    enabled: bool = Field(default=True, description="Whether events are sent. What happens meanwhile is not kept.")


class WebhookChange(Input):
    """What is to be changed of a webhook."""

    model_config = example({"enabled": True})

    url: Url = left_out("An https URL of a public host.")
    events: Events = left_out("Which events are sent.")
    description: Note | None = Field(default=None, description="What it is for; null clears it.")
    enabled: bool = left_out("Whether events are sent. Enabled again, it goes on with what was waiting.")


class WebhookLinks(Output):
    """Where to go from here."""

    self: str
    deliveries: str


WEBHOOK_EXAMPLE: dict[str, Any] = {
    "id": EXAMPLE_WEBHOOK,
    "url": EXAMPLE_URL,
    "events": ["interview.ready", "interview.failed"],
    "description": None,
    "enabled": True,
    "disabled_because": None,
    "old_secret_until": None,
    "last_success_at": EXAMPLE_AT,
    "created_at": EXAMPLE_AT,
    "updated_at": EXAMPLE_AT,
    "links": {
        "self": f"/v1/webhooks/{EXAMPLE_WEBHOOK}",
        "deliveries": f"/v1/webhooks/{EXAMPLE_WEBHOOK}/deliveries",
    },
}


class WebhookOut(Output):
    """A webhook, without its secret."""

    model_config = example(WEBHOOK_EXAMPLE)

    id: str = Field(pattern=ids.pattern(ids.Kind.WEBHOOK))
    url: str
    events: list[Event]
    description: str | None
    enabled: bool
    disabled_because: Literal["gone", "failing"] | None = Field(
        description="`gone`: it answered 410. `failing`: nothing reached it for three days. Null: no such thing."
    )
    old_secret_until: datetime | None = Field(description="Until then the secret before this one signs too.")
    last_success_at: datetime | None
    created_at: datetime
    updated_at: datetime
    links: WebhookLinks


class WebhookMade(WebhookOut):
    """A webhook with a new secret: this is the only time it is shown."""

    model_config = example(WEBHOOK_EXAMPLE | {"secret": EXAMPLE_SECRET})

    secret: str = Field(description="Check deliveries with it, as the Standard Webhooks specification says.")


class WebhookPage(Output):
    """Some of your webhooks, and where the next ones begin."""

    model_config = page_example(WEBHOOK_EXAMPLE)

    items: list[WebhookOut]
    next_cursor: str | None = Field(description="Send it back as `cursor`; null on the last page.")


class DeliveryFilters(PageQuery):
    """What a list of deliveries can be asked."""

    status: DeliveryStatus | None = Field(default=None, description="Only deliveries that have come to this.")
    event: Event | None = Field(default=None, description="Only deliveries of this event.")


class AttemptOut(Output):
    """One try to deliver."""

    at: datetime
    took_ms: int
    status: int | None = Field(description="The status of the answer; null: there was none.")
    error: str | None = Field(description="Why there was no answer: `address-refused`, `unreachable`, `timeout`.")


class PayloadOut(Output):
    """What is sent: an event with the ids and links of what it is about, and no words."""

    type: Event
    timestamp: datetime
    data: dict[str, Any]


class DeliveryLinks(Output):
    """Where to go from here."""

    self: str
    webhook: str


DELIVERY_EXAMPLE: dict[str, Any] = {
    "id": EXAMPLE_DELIVERY,
    "webhook_id": EXAMPLE_WEBHOOK,
    "event": "interview.ready",
    "status": "delivered",
    "payload": {
        "type": "interview.ready",
        "timestamp": EXAMPLE_AT,
        "data": {
            "interview_id": EXAMPLE_INTERVIEW,
            "job_id": EXAMPLE_JOB,
            "links": {"interview": f"/v1/interviews/{EXAMPLE_INTERVIEW}", "job": f"/v1/jobs/{EXAMPLE_JOB}"},
        },
    },
    "attempts": [{"at": EXAMPLE_AT, "took_ms": 42, "status": 204, "error": None}],
    "due_at": None,
    "created_at": EXAMPLE_AT,
    "finished_at": EXAMPLE_AT,
    "links": {
        "self": f"/v1/webhooks/{EXAMPLE_WEBHOOK}/deliveries/{EXAMPLE_DELIVERY}",
        "webhook": f"/v1/webhooks/{EXAMPLE_WEBHOOK}",
    },
}


class DeliveryOut(Output):
    """One event for one webhook; its id is sent as `webhook-id`, the same with every try."""

    model_config = example(DELIVERY_EXAMPLE)

    id: str = Field(pattern=ids.pattern(ids.Kind.DELIVERY))
    webhook_id: str
    event: Event
    status: DeliveryStatus
    payload: PayloadOut
    attempts: list[AttemptOut] = Field(description="Oldest first.")
    due_at: datetime | None = Field(description="When the next try begins; null: there is none to come.")
    created_at: datetime
    finished_at: datetime | None
    links: DeliveryLinks


class DeliveryPage(Output):
    """Some deliveries of a webhook, and where the next ones begin."""

    model_config = page_example(DELIVERY_EXAMPLE)

    items: list[DeliveryOut]
    next_cursor: str | None = Field(description="Send it back as `cursor`; null on the last page.")
