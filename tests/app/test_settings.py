"""Settings: each one documented, read from the environment once, refused when unsafe."""

import re
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from app.settings import Settings

PAGE = Path(__file__).parents[2] / "docs" / "settings.md"
SHOWN = {"threads": "all cores"} | dict.fromkeys(
    ("first_key", "llm_key", "keep_recordings_days", "keep_transcripts_days"), "absent"
)


def shown_default(name: str, default: Any) -> str:
    if name in SHOWN:
        return SHOWN[name]
    if isinstance(default, tuple):
        return "`[" + ", ".join(f'"{item}"' for item in default) + "]`"
    return f"`{default}`" if str(default) else "empty"


def rows() -> list[str]:
    """The lines of the table that `docs/settings.md` has to have."""
    return [
        f"| `CANDID_{name.upper()}` | {shown_default(name, about.default)} | {about.description} |"
        for name, about in Settings.model_fields.items()
    ]


@pytest.mark.parametrize("name", list(Settings.model_fields))
def test_every_setting_says_what_it_is_in_a_sentence(name: str) -> None:
    assert re.fullmatch(r"[A-Z].{20,}\.", Settings.model_fields[name].description or "")


def test_the_page_of_settings_is_true() -> None:
    assert [line for line in PAGE.read_text().splitlines() if line.startswith("| `CANDID_")] == rows()


def test_settings_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CANDID_PORT", "9000")
    monkeypatch.setenv("CANDID_ALLOWED_HOSTS", '["candid.example"]')
    assert (Settings().port, Settings().allowed_hosts) == (9000, ("candid.example",))


def test_settings_cannot_be_changed_once_read() -> None:
    with pytest.raises(ValidationError):
        Settings().port = 1  # type: ignore[misc]


@pytest.mark.parametrize(
    "unsafe",
    [{"dead_after_s": 10, "heartbeat_s": 5}, {"port": 70000}, {"engine": "other"}, {"max_recording_bytes": 0}],
)
def test_what_cannot_work_is_refused_at_the_start(unsafe: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Settings(**unsafe)


@pytest.mark.parametrize(
    "origin",
    ["https://app.example", "http://127.0.0.1:8080", "http://[::1]:3000", "capacitor://localhost", "*"],
)
def test_an_origin_is_taken_as_browsers_say_it(origin: str) -> None:
    assert Settings(cors_origins=(origin,)).cors_origins == (origin,)


@pytest.mark.parametrize(
    "origin", ["https://app.example/", "app.example", "https://App.example", "https://app.example/page", "null", ""]
)
def test_an_origin_that_no_browser_says_is_refused_with_what_to_set(origin: str) -> None:
    with pytest.raises(ValidationError, match="CANDID_CORS_ORIGINS must be origins"):
        Settings(cors_origins=(origin,))


@pytest.mark.parametrize(
    "endpoint",
    ["collector:4318", "ftp://collector", "http://", "http://me:zyxsecret@collector", "http://collector/?k=zyxsecret"],
)
def test_a_collector_that_is_no_plain_url_is_refused_without_repeating_it(endpoint: str) -> None:
    with pytest.raises(ValidationError, match="CANDID_OTLP_ENDPOINT must be a plain http or https URL") as refused:
        Settings(otlp_endpoint=endpoint)
    assert "zyxsecret" not in refused.value.errors()[0]["msg"]


def test_a_worker_that_would_count_as_dead_between_two_beats_is_explained() -> None:
    with pytest.raises(ValidationError, match="CANDID_DEAD_AFTER_S must be at least three times CANDID_HEARTBEAT_S"):
        Settings(heartbeat_s=20)


AT_HOME = {"llm_url": "http://127.0.0.1:11434/v1", "llm_model": "parrot"}
FAR_AWAY = {"llm_url": "https://llm.example/v1", "llm_model": "parrot"}


@pytest.mark.parametrize(
    "safe",
    [
        {"llm_model": "parrot", "llm_key": "sk-x"},
        AT_HOME,
        AT_HOME | {"llm_key": "sk-x"},
        AT_HOME | {"llm_key": "sk-x", "llm_url": "http://localhost:1/v1"},
        AT_HOME | {"llm_key": "sk-x", "llm_url": "http://[::1]:1/v1"},
        AT_HOME | {"llm_url": "http://ollama:11434/v1"},
        FAR_AWAY | {"llm_key": "sk-x"},
    ],
)
def test_a_model_elsewhere_may_be_asked(safe: dict[str, Any]) -> None:
    assert Settings(**safe).llm_model == "parrot"


@pytest.mark.parametrize(
    ("unsafe", "sentence"),
    [
        (AT_HOME | {"llm_model": ""}, "CANDID_LLM_MODEL must name a model"),
        (FAR_AWAY | {"llm_key": "sk-x", "llm_url": "http://llm.example/v1"}, "CANDID_LLM_URL must begin with https"),
        (FAR_AWAY | {"llm_key": "sk-x", "llm_url": "http://10.0.0.7/v1"}, "CANDID_LLM_URL must begin with https"),
        (FAR_AWAY | {"llm_url": "https://me:sk-x@llm.example/v1"}, "CANDID_LLM_URL must not hold a user"),
        (FAR_AWAY | {"llm_url": "https://llm.example/v1?key=sk-x"}, "CANDID_LLM_URL must be a plain http"),
        (FAR_AWAY | {"llm_url": "llm.example:8000/v1"}, "CANDID_LLM_URL must be a plain http"),
        (FAR_AWAY | {"llm_url": "https://llm.example:port/v1"}, "CANDID_LLM_URL must be a plain http"),
        (FAR_AWAY | {"llm_url": "https://llm example/v1"}, "CANDID_LLM_URL must be a plain http"),
        (FAR_AWAY | {"llm_key": "sk-x\n"}, "CANDID_LLM_KEY must be printable"),
        (FAR_AWAY | {"llm_key": "sk-x\u00e9"}, "CANDID_LLM_KEY must be printable"),
        (FAR_AWAY | {"llm_url": "https:///v1"}, "CANDID_LLM_URL must be a plain http"),
    ],
)
def test_an_unsafe_way_to_a_model_is_refused_with_what_to_set(unsafe: dict[str, Any], sentence: str) -> None:
    with pytest.raises(ValidationError) as refused:
        Settings(**unsafe)
    assert "sk-x" not in refused.value.errors()[0]["msg"]
    assert sentence in refused.value.errors()[0]["msg"]


@pytest.mark.parametrize("unsafe", [{"llm_model": "two words"}, {"llm_context_tokens": 100}, {"llm_timeout_s": 0}])
def test_a_model_that_cannot_be_asked_is_refused(unsafe: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Settings(**(AT_HOME | unsafe))


def test_keys_are_not_shown_when_settings_are() -> None:
    assert "cdd_" not in repr(Settings(first_key="cdd_something"))
    assert "sk-x" not in repr(Settings(**FAR_AWAY, llm_key="sk-x"))


def test_everything_is_in_the_data_folder_unless_said_otherwise(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path)
    places = [settings.recordings_location, str(settings.models_dir), str(settings.work_dir)]
    assert all(place.startswith(str(tmp_path)) for place in places)
    assert settings.sqlalchemy_url == f"sqlite:///{tmp_path / 'candid.db'}"
    elsewhere = Settings(database_url="postgresql+psycopg://db/candid", recordings_url="s3://bucket/talks")
    assert (elsewhere.sqlalchemy_url, elsewhere.recordings_location) == (
        "postgresql+psycopg://db/candid",
        "s3://bucket/talks",
    )
