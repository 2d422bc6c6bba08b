"""A minute's worth of `make fuzz-api`, so that a contract that is not true is found before anybody relies on it."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_a_short_fuzz_with_every_check_finds_nothing() -> None:
    once = ("--examples", "4", "--seconds", "0", "--phases", "examples,fuzzing,stateful")
    command = [sys.executable, "scripts/fuzz_api.py", *once]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stdout[-6000:] + run.stderr[-2000:]
