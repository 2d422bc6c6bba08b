"""Whatever a phone or browser packs speech into, the words that come out are the same."""

import re
from pathlib import Path

import jiwer
import pytest

from tests.whole.service import SAMPLE, Service, running
from tests.workers import recordings
from workers import audio

# The kinds people send, each from the same 18 seconds of speech.
KINDS = ("m4a", "mp3", "wav", "flac", "ogg-flac", "opus", "webm", "mp4", "mov", "3gp", "amr", "caf", "aiff")
# Of the words, these many may differ from the lossless file's: AMR has a telephone's bandwidth at 12 kbit/s.
TOLERANCE = {"amr": 0.10}
USUAL_TOLERANCE = 0.03


def encoded(folder: Path, kind: str, speech: recordings.Sound) -> Path:
    (folder / kind).mkdir()
    return recordings.write(folder / kind, speech, kind=kind)


def words_of(service: Service, interview: str) -> str:
    transcript = service.get(f"/v1/interviews/{interview}/transcript").json()
    said = " ".join(segment["text"] for segment in transcript["segments"])
    return " ".join(re.findall(r"[a-z0-9']+", said.lower()))


@pytest.mark.whisper
def test_every_kind_of_file_gives_the_same_words(tmp_path: Path) -> None:
    decoded = audio.decode(SAMPLE, into=tmp_path / "pcm")
    speech = audio.read(decoded.pcm, channels=decoded.channels, start_ms=13_000, end_ms=31_400)
    with running(tmp_path) as service:
        sent = {kind: service.upload(encoded(tmp_path, kind, speech)) for kind in KINDS}
        service.worker()
        outcomes = {kind: service.until(job).status for kind, (_interview, job) in sent.items()}
        assert outcomes == dict.fromkeys(KINDS, "succeeded")
        heard = {kind: words_of(service, interview) for kind, (interview, _job) in sent.items()}
    assert "climb the tower" in heard["flac"]
    off = {kind: jiwer.wer(heard["flac"], words) for kind, words in heard.items()}
    assert {kind: rate for kind, rate in off.items() if rate > TOLERANCE.get(kind, USUAL_TOLERANCE)} == {}
