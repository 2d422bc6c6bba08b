"""Measures extraction on the sample as heard: which of the insights its script was written with are found again."""

import json
import re
from difflib import SequenceMatcher
from typing import Any

from eval_audio import wait_for
from service import ROOT, running

from app.extraction import Category

SCRIPT = ROOT / "sample" / "script.json"
RECORDING = ROOT / "sample" / "interview.m4a"
ALIKE = 0.6  # shared words, of the shorter quote: Whisper may have heard a word differently


def show() -> None:
    """Hears the sample through a running service, whose worker extracts; prints what was expected and what came."""
    expected = json.loads(SCRIPT.read_text())["expected_insights"]
    insights = _heard()
    right = {category: [0, 0, 0] for category in Category}
    for one in expected:
        hit = any(_is_of(one, got) for got in insights)
        right[Category(one["category"])][0 if hit else 1] += 1
    for got in insights:
        if not any(_is_of(one, got) for one in expected):
            right[Category(got["categories"][0])][2] += 1
    methods = ", ".join(sorted({str(got["method"]) for got in insights}))
    print(f"\nthe sample as heard ({methods}): {len(insights)} insights")
    print("category      found  missed  more")
    for category, (found, missed, more) in right.items():
        if found or missed or more:
            print(f"{category:13} {found:5} {missed:7} {more:5}")


def _heard() -> list[dict[str, Any]]:
    with running("app", "workers") as service, service.client() as client:
        sent = client.post(
            "/v1/interviews",
            data={"consent": "true"},
            files={"file": (RECORDING.name, RECORDING.read_bytes())},
        )
        sent.raise_for_status()
        wait_for(client, sent.json()["links"]["self"])
        answer = client.get(f"{sent.json()['links']['self']}/insights")
        items: list[dict[str, Any]] = answer.raise_for_status().json()["items"]
        return items


def _is_of(one: dict[str, Any], got: dict[str, Any]) -> bool:
    """Whether `got` is what the script has as `one`. Whisper writes figures in digits, so an equal value will do."""
    if one["category"] not in got["categories"]:
        return False
    return _alike(one["quote"], got["quote"]) or (got["value"] is not None and one.get("value") == got["value"])


def _alike(one: str, other: object) -> bool:
    words, others = (re.findall(r"\w+", str(text).lower()) for text in (one, other))
    shared = sum(block.size for block in SequenceMatcher(None, words, others).get_matching_blocks())
    return shared >= ALIKE * min(len(words), len(others))
