"""Every setting: environment variables with the prefix CANDID_, or a `.env` file."""

import os
import re
from importlib.util import find_spec
from ipaddress import ip_address
from pathlib import Path
from typing import Literal, Self
from urllib.parse import SplitResult, urlsplit

from pydantic import Field, SecretStr, ValidationError, model_validator
from pydantic_core import ErrorDetails
from pydantic_settings import BaseSettings, SettingsConfigDict

MIB = 1024 * 1024
GIB = 1024 * MIB
S3_LOCATION = re.compile(r"s3://(?P<bucket>[a-z0-9][a-z0-9.-]{1,61}[a-z0-9])(?P<prefix>(/[A-Za-z0-9._-]+)*)/?")

# What a browser says of a page: no path, no capitals, no slash in the end. Compared as it is.
ORIGIN = re.compile(r"\*|[a-z][a-z0-9+.-]*://(\[[0-9a-f:.]+\]|[a-z0-9._-]+)(:[0-9]{1,5})?")


class Settings(BaseSettings):
    """Frozen; read once by `python -m app` and `python -m workers` and handed on from there."""

    model_config = SettingsConfigDict(env_prefix="CANDID_", env_file=".env", frozen=True, extra="ignore")

    data_dir: Path = Field(
        default=Path("data"),
        description="Folder for everything kept on this machine; made when absent. Must be on a local disk.",
    )
    database_url: str = Field(
        default="",
        description="SQLAlchemy URL: `sqlite:///path` or `postgresql+psycopg://...`. "
        "Empty: `candid.db` in the data folder.",
    )
    recordings_url: str = Field(
        default="",
        description="Where recordings are kept: a folder, or `s3://bucket/prefix`. "
        "Empty: `recordings` in the data folder.",
    )
    host: str = Field(default="127.0.0.1", description="Address to listen on. `0.0.0.0` is every interface.")
    port: int = Field(default=8000, ge=0, le=65535, description="TCP port. 0 takes any free one.")
    allowed_hosts: tuple[str, ...] = Field(
        default=("localhost", "127.0.0.1", "[::1]"),
        description="Host headers that are answered, as a JSON list; `*` answers any.",
    )
    cors_origins: tuple[str, ...] = Field(
        default=(),
        description="Web origins whose pages may call the API, as a JSON list of `https://host`, without a path; "
        "`*` is every page. Empty: none.",
    )
    first_key: SecretStr | None = Field(
        default=None,
        description="A first API key with every scope (`cdd_` + 32 hex digits + `_` + at least 32 characters). "
        "Absent: one is made, printed once and kept in `first-key` in the data folder, readable by you alone. "
        "On an installation with one owner it becomes theirs: the way back in for who has lost their key.",
    )
    engine: Literal["faster-whisper", "openai-whisper"] = Field(
        default="faster-whisper", description="What runs Whisper. The two hear the same words; the first is faster."
    )
    model: str = Field(
        default="base",
        min_length=1,
        max_length=200,
        description="Whisper weights: `base`, `tiny.en`, another Whisper name, or a folder with a model.",
    )
    threads: int = Field(
        default_factory=lambda: os.cpu_count() or 1,
        ge=1,
        le=256,
        description="Processor threads one hearing may use. Default: all cores.",
    )
    slots: int = Field(
        default=2, ge=1, le=64, description="Recordings one worker works on at the same time. 1: strictly in turn."
    )
    hear_step_s: int = Field(
        default=180,
        ge=30,
        le=3600,
        description="Seconds of audio between two checkpoints of hearing: a killed worker repeats at most this much.",
    )
    heartbeat_s: float = Field(default=5, gt=0, le=60, description="Seconds between two heartbeats of a worker.")
    dead_after_s: float = Field(
        default=30,
        gt=0,
        le=3600,
        description="Seconds of silence after which a worker counts as dead and its jobs are taken over. "
        "Keep it at least three heartbeats.",
    )
    max_recording_bytes: int = Field(
        default=2 * GIB, ge=1, description="Largest recording taken, in bytes. More is answered with 413."
    )
    max_decoded_s: int = Field(
        default=10 * 3600, ge=1, description="Longest recording, in seconds of decoded sound. More fails the job."
    )
    max_json_bytes: int = Field(default=MIB, ge=1024, description="Largest JSON body, in bytes.")
    max_transcript_bytes: int = Field(
        default=32 * MIB,
        ge=1024,
        description="Largest transcript imported, in bytes. Ten hours as JSON, every word timed, are 10 to 20 MiB.",
    )
    min_upload_bytes_per_s: int = Field(
        default=16 * 1024,
        ge=0,
        description="Slowest upload taken, in bytes a second over `upload_window_s`. 0: any speed.",
    )
    upload_window_s: float = Field(
        default=30, gt=0, description="Seconds over which an upload's speed is measured; also the longest pause."
    )
    upload_expires_s: float = Field(
        default=24 * 3600,
        ge=60,
        description="Seconds that an unfinished resumable upload is kept after the last byte of it came.",
    )
    reads_per_minute: int = Field(
        default=6000,
        ge=0,
        description="Requests that read which one key may make in 60 seconds; more are answered with 429. "
        "Counted by each API process for itself, as are the next three. 0: as many as they like.",
    )
    writes_per_minute: int = Field(
        default=1200, ge=0, description="Requests that change something, by key in 60 seconds. 0: any number."
    )
    uploads_per_minute: int = Field(
        default=600,
        ge=0,
        description="Requests that bring a body which is not JSON, such as a recording or a part of one, by key in "
        "60 seconds. 0: any number.",
    )
    refused_keys_per_minute: int = Field(
        default=120,
        ge=0,
        description="Requests without a good key that one address may make in 60 seconds; after that only keys that "
        "were good before are looked at. Behind a proxy, have it send X-Forwarded-For. 0: any number.",
    )
    streams_per_key: int = Field(
        default=100,
        ge=1,
        le=10_000,
        description="Streams of job events that one key may have open at an API process. More are answered with 429.",
    )
    keep_recordings_days: int | None = Field(
        default=None,
        ge=1,
        le=36500,
        description="Days after which a recording is erased, counted from when it came. Absent: kept until somebody "
        "erases it. An interview may promise a shorter time; one that is held is kept.",
    )
    keep_transcripts_days: int | None = Field(
        default=None,
        ge=1,
        le=36500,
        description="Days after which a transcript is erased with all that was found in it, counted from its first "
        "version. Absent: kept until somebody erases it.",
    )
    decode_memory_bytes: int = Field(
        default=3 * GIB // 2, ge=256 * MIB, description="Address space of the decoding child, in bytes."
    )
    llm_url: str = Field(
        default="",
        description="Base URL of an OpenAI-compatible endpoint, such as `http://127.0.0.1:11434/v1`, that is asked for "
        "insights on top of our own. Empty: none. When set, the words of every interview are sent there.",
    )
    llm_model: str = Field(
        default="",
        max_length=100,
        pattern=r"^\S*$",
        description="Name of the model to ask at `llm_url`, as it is known there.",
    )
    llm_key: SecretStr | None = Field(
        default=None,
        description="Bearer key for `llm_url`. Absent: none is sent. It goes over https only, or to this machine.",
    )
    llm_timeout_s: float = Field(
        default=120,
        gt=0,
        le=3600,
        description="Seconds that one answer of the LLM may take; all tries of a request, a minute more.",
    )
    llm_context_tokens: int = Field(
        default=4096,
        ge=2048,
        le=1_000_000,
        description="Tokens the LLM takes in at once, request and answer together, as its server is set up. "
        "Longer interviews are asked in overlapping parts.",
    )
    webhook_allow_private: bool = Field(
        default=False,
        description="Whether webhooks may lead to addresses of this machine and private networks, and over http. "
        "Off: to public addresses over https only.",
    )
    webhook_log_days: int = Field(
        default=30, ge=7, le=3650, description="Days that deliveries of webhooks are kept and shown."
    )
    otlp_endpoint: str = Field(
        default="",
        description="Base URL of an OpenTelemetry collector, such as `http://127.0.0.1:4318`, that spans are sent to "
        "(OTLP over HTTP): routes, ids, durations and codes, no words. Needs the extra `opentelemetry`; for headers, "
        "certificates and sampling set the SDK's own `OTEL_` variables. Empty: none.",
    )
    log_format: Literal["json", "text"] = Field(
        default="text", description="Log lines for a person (`text`) or for a machine (`json`)."
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        default="info", description="The least severe log line that is written."
    )

    @model_validator(mode="after")
    def _refuse_what_is_unsafe(self) -> Self:
        if self.dead_after_s < 3 * self.heartbeat_s:
            message = "CANDID_DEAD_AFTER_S must be at least three times CANDID_HEARTBEAT_S"
            raise ValueError(message)
        if "://" in self.recordings_url and not S3_LOCATION.fullmatch(self.recordings_url):
            message = "CANDID_RECORDINGS_URL must be a folder, or s3://bucket/prefix in letters, digits, '.', '_', '-'"
            raise ValueError(message)
        if not all(map(ORIGIN.fullmatch, self.cors_origins)):
            message = (
                "CANDID_CORS_ORIGINS must be origins as browsers say them: https://app.example, with no path or slash"
            )
            raise ValueError(message)
        key = self.llm_key.get_secret_value() if self.llm_key else ""
        if self.llm_url and (fault := _llm_fault(self.llm_url, model=self.llm_model, key=key)):
            raise ValueError(fault)
        if self.otlp_endpoint and (fault := _otlp_fault(self.otlp_endpoint)):
            raise ValueError(fault)
        return self

    @property
    def sqlalchemy_url(self) -> str:
        return self.database_url or f"sqlite:///{(self.data_dir / 'candid.db').absolute()}"

    @property
    def recordings_location(self) -> str:
        return self.recordings_url or str((self.data_dir / "recordings").absolute())

    @property
    def models_dir(self) -> Path:
        """Where weights joined from packages, or downloaded, are kept."""
        return self.data_dir / "models"

    @property
    def work_dir(self) -> Path:
        """Scratch space of running jobs; anything in it can be made again."""
        return self.data_dir / "work"


def _otlp_fault(url: str) -> str | None:
    at = _plain(url)
    if at is None or at.username is not None:
        return "CANDID_OTLP_ENDPOINT must be a plain http or https URL, such as http://127.0.0.1:4318"
    if find_spec("opentelemetry.sdk") is None or find_spec("opentelemetry.exporter") is None:
        return "CANDID_OTLP_ENDPOINT needs the extra `opentelemetry`: pip install 'candid[opentelemetry]'"
    return None


def _plain(url: str) -> SplitResult | None:
    """An http or https URL with a host, and without query, fragment and anything that must be escaped; or None."""
    try:
        at = urlsplit(url)
        host, _port = at.hostname, at.port
    except ValueError:
        return None
    is_odd = not url.isascii() or not url.isprintable() or " " in url or at.query or at.fragment
    return None if at.scheme not in {"http", "https"} or not host or is_odd else at


def _llm_fault(url: str, *, model: str, key: str) -> str | None:
    """What is wrong with the settings of the LLM, as a sentence that quotes none of them."""
    at = _plain(url)
    if at is None:
        return "CANDID_LLM_URL must be a plain http or https URL, such as http://127.0.0.1:11434/v1"
    if at.username is not None:
        return "CANDID_LLM_URL must not hold a user or a password; put the key into CANDID_LLM_KEY"
    if not model:
        return "CANDID_LLM_MODEL must name a model when CANDID_LLM_URL is set"
    if not (key.isascii() and key.isprintable()):
        return "CANDID_LLM_KEY must be printable ASCII, as it goes into a header"
    if key and at.scheme == "http" and not _is_this_machine(at.hostname or ""):
        return "CANDID_LLM_URL must begin with https when CANDID_LLM_KEY is set, or lead to this machine"
    return None


def _is_this_machine(host: str) -> bool:
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


def load() -> Settings:
    """The settings of this process. A value that cannot work ends it with a sentence for each, not a traceback."""
    try:
        return Settings()
    except ValidationError as error:
        # The value itself is not shown: it may be a key.
        raise SystemExit("\n".join(_sentence(found) for found in error.errors())) from None


def _sentence(found: ErrorDetails) -> str:
    name = "".join(f"CANDID_{part}".upper() for part in found["loc"][:1])
    return f"{name}: {found['msg']}" if name else found["msg"]
