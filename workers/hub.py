"""Weights from the model hub, their progress in the log; the only file that knows huggingface_hub."""

import io
import time
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

import structlog

from app.errors import WeightsMissing

log = structlog.get_logger()

PROGRESS_EVERY_S = 5.0

_SYSTRAN = (
    *("tiny", "tiny.en", "base", "base.en", "small", "small.en", "medium", "medium.en"),
    *("large-v1", "large-v2", "large-v3"),
)
# Whisper's names, each to the repository that has its weights in CTranslate2's format.
REPOSITORIES: Mapping[str, str] = MappingProxyType(
    {
        **{name: f"Systran/faster-whisper-{name}" for name in _SYSTRAN},
        "large": "Systran/faster-whisper-large-v3",
        "large-v3-turbo": "mobiuslabsgmbh/faster-whisper-large-v3-turbo",
        "turbo": "mobiuslabsgmbh/faster-whisper-large-v3-turbo",
    }
)
FILES = ("config.json", "preprocessor_config.json", "model.bin", "tokenizer.json", "vocabulary.*")


def fetch(repository: str, folder: Path) -> None:
    """Downloads the weights of `repository` into `folder`, going on from what an earlier try left there.

    Raises WeightsMissing when the hub cannot be reached or has no such repository: after seconds, not minutes.
    """
    # Imported here: it is only needed where weights are missing, and takes half a second.
    import httpx  # noqa: PLC0415  the hub's client raises its errors
    import huggingface_hub  # noqa: PLC0415  see above

    log.info("downloading weights", model=repository)
    try:
        huggingface_hub.snapshot_download(
            repository, local_dir=folder, allow_patterns=list(FILES), tqdm_class=_logged_progress(repository)
        )
    except (OSError, httpx.HTTPError, ValueError) as error:
        sentence = (
            f"The weights {repository} could not be downloaded ({type(error).__name__}). Without a network, choose the "
            "model base or tiny.en, which come with the installation, or give a folder that holds CTranslate2 weights."
        )
        raise WeightsMissing(sentence, repository=repository) from error


def _logged_progress(repository: str) -> Any:
    from tqdm.auto import tqdm  # type: ignore[import-untyped]  # noqa: PLC0415  comes with the hub's client

    class LoggedProgress(tqdm):  # type: ignore[misc]  # tqdm has no types
        """The download's progress bar, as a line in the log every few seconds."""

        def __init__(self, *args: Any, **kwargs: Any) -> None:
            self._logged_at = time.monotonic()
            super().__init__(*args, **{**kwargs, "disable": False, "file": io.StringIO()})

        def display(self, msg: str | None = None, pos: int | None = None) -> None:  # noqa: ARG002  tqdm's signature
            if self.unit != "B" or not self.total or time.monotonic() - self._logged_at < PROGRESS_EVERY_S:
                return
            self._logged_at = time.monotonic()
            share = round(self.n / self.total, 2)
            log.info("downloading weights", model=repository, size_bytes=self.n, progress=share)

    return LoggedProgress
