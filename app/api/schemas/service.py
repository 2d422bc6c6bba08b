"""The service about itself."""

from collections.abc import Sequence
from typing import Literal

from pydantic import Field

from app.api.schemas.fields import Output, example
from app.rates import Kind


class RateOut(Output):
    """How many requests of a kind one key may make in so many seconds; `refused-keys`: one address, without a key."""

    policy: Kind
    quota: int = Field(description="0: any number.")
    window_s: int


class LimitsOut(Output):
    """What this service takes."""

    model_config = example(
        {
            "max_recording_bytes": 2147483648,
            "max_recording_s": 36000,
            "max_json_bytes": 1048576,
            "max_transcript_bytes": 33554432,
            "min_upload_bytes_per_s": 16384,
            "upload_expires_s": 86400,
            "media_types": ["audio/mp4", "audio/mpeg"],
            "rates": [{"policy": "reads", "quota": 6000, "window_s": 60}],
            "streams_per_key": 100,
            "keep_recordings_days": 365,
            "keep_transcripts_days": None,
        }
    )

    max_recording_bytes: int
    max_recording_s: int
    max_json_bytes: int
    max_transcript_bytes: int
    min_upload_bytes_per_s: int
    upload_expires_s: float
    media_types: Sequence[str]
    rates: list[RateOut] = Field(description="Counted by each process of the service for itself.")
    streams_per_key: int
    keep_recordings_days: int | None = Field(description="Null: until somebody erases them.")
    keep_transcripts_days: int | None = Field(description="Null: until somebody erases them.")


class HealthOut(Output):
    """The process answers."""

    model_config = example({"status": "ok"})

    status: Literal["ok"]


class ReadyOut(Output):
    """Whether everything needed is there. `workers` counts the live ones; without any, recordings wait."""

    model_config = example({"status": "ready", "database": True, "storage": True, "workers": 1})

    status: Literal["ready", "not-ready"]
    database: bool
    storage: bool
    workers: int
