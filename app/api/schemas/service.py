"""The service about itself."""

from collections.abc import Sequence
from typing import Literal

from app.api.schemas.fields import Output, example


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
        }
    )

    max_recording_bytes: int
    max_recording_s: int
    max_json_bytes: int
    max_transcript_bytes: int
    min_upload_bytes_per_s: int
    upload_expires_s: float
    media_types: Sequence[str]


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
