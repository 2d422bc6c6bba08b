"""Hears every recording of ../shared/eval/audio through the running API and prints word error rates.

Usage: python scripts/eval_audio.py [--engine faster-whisper] [--model base] [--only ID ...]
"""

import argparse
import json
import re
import statistics
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import jiwer
from service import ROOT, Service, running
from whisper.normalizers import BasicTextNormalizer, EnglishTextNormalizer

EVAL = ROOT.parent / "shared" / "eval" / "audio"
BY_CHARACTER = {"zh", "ja", "ko"}
ENDED = {"ready", "failed", "canceled"}
english, basic = EnglishTextNormalizer(), BasicTextNormalizer(split_letters=False)


@dataclass(frozen=True)
class Heard:
    """What came of one recording. `errors` and `words` count against the reference; None without one."""

    id: str
    outcome: str
    took_s: float
    duration_s: float
    errors: int | None = None
    words: int | None = None
    note: str = ""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--engine", default="faster-whisper")
    parser.add_argument("--model", default="base")
    parser.add_argument("--only", nargs="*", default=[])
    asked = parser.parse_args()
    lines = [json.loads(line) for line in (EVAL / "manifest.jsonl").read_text().splitlines()]
    chosen = [line for line in lines if not asked.only or line["id"] in asked.only]
    with running("app", "workers", engine=asked.engine, model=asked.model) as service, service.client() as client:
        heard = [_show(_hear(client, line)) for line in chosen]
        _summary(heard, service)


def _hear(client: httpx.Client, line: dict[str, Any]) -> Heard:
    began = time.monotonic()
    path = EVAL / line["file"]
    form = {"consent": "true", "on_duplicate": "new"}
    sent = client.post("/v1/interviews", data=form, files={"file": (path.name, path.read_bytes())})
    duration = line["duration_s"] or 0.0
    if sent.status_code != httpx.codes.CREATED:
        return Heard(line["id"], str(sent.status_code), time.monotonic() - began, duration, note=sent.json()["code"])
    interview = wait_for(client, sent.json()["links"]["self"])
    took = time.monotonic() - began
    if interview["status"] != "ready":
        return Heard(line["id"], interview["status"], took, duration, note=interview["job"]["error"]["code"])
    transcript = client.get(interview["links"]["transcript"]).json()
    errors, words = _score(line, transcript)
    note = " ".join([transcript["language"] or "-", *transcript["notices"], _doubts(transcript)])
    return Heard(line["id"], "ready", took, duration, errors, words, note)


def wait_for(client: httpx.Client, path: str) -> dict[str, Any]:
    while True:
        interview: dict[str, Any] = client.get(path).json()
        if interview["status"] in ENDED:
            return interview
        time.sleep(0.1)


def _doubts(transcript: dict[str, Any]) -> str:
    marked = sum(bool(segment["doubts"]) for segment in transcript["segments"])
    return f"({marked} of {len(transcript['segments'])} segments doubted)" if marked else ""


def _score(line: dict[str, Any], transcript: dict[str, Any]) -> tuple[int | None, int | None]:
    if line["reference_text"] is None:
        return None, None
    reference = (EVAL / line["reference_text"]).read_text()
    by_channel = re.split(r"^(?:LEFT|RIGHT):", reference, flags=re.MULTILINE)[1:]
    if len(by_channel) > 1:
        return _score_channels(by_channel, transcript, line["language"])
    return count(reference, " ".join(segment["text"] for segment in transcript["segments"]), line["language"])


def _score_channels(references: list[str], transcript: dict[str, Any], language: str) -> tuple[int, int]:
    """A reference for each channel; which speaker sat on which is found by what fits better."""
    said: dict[str, list[str]] = {speaker["id"]: [] for speaker in transcript["speakers"]}
    for segment in transcript["segments"]:
        said[segment["speaker"]].append(segment["text"])
    texts = [*(" ".join(words) for words in said.values()), "", ""][:2]
    ways = ([texts[0], texts[1]], [texts[1], texts[0]])
    counted = [[count(*pair, language) for pair in zip(references, way, strict=False)] for way in ways]
    return min((sum(e for e, _ in way), sum(w for _, w in way)) for way in counted)


def count(reference: str, heard: str, language: str) -> tuple[int, int]:
    """Errors and reference words (characters where words have no blanks), after Whisper's normaliser."""
    normalise = english if language == "en" else basic
    reference, heard = normalise(reference), normalise(heard)
    if language in BY_CHARACTER:
        reference, heard = (" ".join(text.replace(" ", "")) for text in (reference, heard))
    if not reference.split():
        return len(heard.split()), 0
    found = jiwer.process_words(reference, heard)
    return found.substitutions + found.deletions + found.insertions, len(reference.split())


def _show(heard: Heard) -> Heard:
    rate = f"{100 * heard.errors / heard.words:6.1f} %" if heard.words else f"{heard.errors or 0:4d} ins"
    rate = rate if heard.errors is not None else "       -"
    print(f"{heard.id:36} {heard.outcome:8} {rate:>8} {heard.took_s:7.1f} s {heard.note}", flush=True)
    return heard


def _summary(heard: list[Heard], service: Service) -> None:
    scored = [one for one in heard if one.words]
    errors, words = sum(one.errors or 0 for one in scored), sum(one.words or 0 for one in scored)
    median = statistics.median(100 * (one.errors or 0) / (one.words or 1) for one in scored) if scored else 0
    audio, took = sum(one.duration_s for one in heard), sum(one.took_s for one in heard)
    alive = service.processes["workers"].poll() is None
    print(
        f"\n{len(heard)} recordings, {len(scored)} with words to compare: WER {100 * errors / max(1, words):.2f} % ",
        end="",
    )
    print(f"over {words} words (median by file {median:.1f} %), {took / max(1, audio):.3f} s a second of audio")
    print(f"the worker {'lives' if alive else 'DIED'}")


if __name__ == "__main__":
    assert Path(EVAL).exists(), f"there is nothing at {EVAL}"  # noqa: S101
    main()
