"""The documents are true: what they name exists, what matters is in them, and nothing of ours is in the code only."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from app import errors
from app.api.problems import leaves
from app.errors import CandidError
from tests.client import Client
from tests.installation import Installation
from tests.scenes import SOUND, heard

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").rglob("*.md"))]
LINK = re.compile(r"\]\((?!https?:|#)([^)#\s]+)")
MAKE = re.compile(r"`make ([a-z][a-z-]*)")
# Names of files as documents write them: `app/jobs.py`, `tests/whole/`, `docs/decisions`.
PLACE = re.compile(r"`((?:app|workers|tests|docs|scripts|openapi|sample|deploy)/[\w./-]*\w/?)`")


def verbs() -> set[str]:
    return set(re.findall(r"^([a-z][a-z-]*):.*## ", (ROOT / "Makefile").read_text(), re.MULTILINE))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_link_leads_to_a_file(page: Path) -> None:
    found = LINK.findall(page.read_text())
    assert [target for target in found if not (page.parent / target).exists()] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_verb_of_make_that_is_named_exists(page: Path) -> None:
    assert set(MAKE.findall(page.read_text())) <= verbs()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_file_that_is_named_exists(page: Path) -> None:
    found = set(PLACE.findall(page.read_text()))
    assert {place for place in found if not (ROOT / place).exists() and not (ROOT / f"{place}.py").exists()} == set()


def test_the_architecture_fits_in_one_sitting() -> None:
    assert len((ROOT / "docs" / "architecture.md").read_text().splitlines()) < 250


def test_every_test_that_the_architecture_names_exists() -> None:
    pages = [(ROOT / "docs" / name).read_text() for name in ("architecture.md", "flows.md")]
    named = set(re.findall(r"`(test_\w+)`", "".join(pages)))
    assert len(named) > 10
    assert named <= {path.stem for path in (ROOT / "tests").rglob("test_*.py")}


def test_decisions_are_numbered_and_have_the_four_parts() -> None:
    pages = sorted((ROOT / "docs" / "decisions").glob("*.md"))
    assert [page.name[:4] for page in pages] == [f"{number:04}" for number in range(1, len(pages) + 1)]
    for page in pages:
        found = re.findall(r"^\*\*(Context|Decision|Consequences|Alternatives)\.\*\*", page.read_text(), re.MULTILINE)
        assert sorted(set(found)) == ["Alternatives", "Consequences", "Context", "Decision"], page.name


def test_the_drawn_tree_of_errors_is_the_tree_of_errors() -> None:
    drawn = re.findall(r"(?:├──|└──) (\w+)", errors.__doc__ or "")
    ours = {kind.__name__ for kind in leaves(CandidError) if kind.__module__ == "app.errors"} - {"CandidError"}
    assert sorted(drawn) == sorted(ours)


def test_every_error_has_a_code_of_its_own_and_a_sentence() -> None:
    kinds = [kind for kind in leaves(CandidError) if kind.__module__ in ("app.errors", "app.api.problems")]
    assert len({kind.code for kind in kinds}) == len(kinds)
    for kind in kinds:
        assert re.fullmatch(r"[a-z][a-z-]+", kind.code)
        assert (kind.__doc__ or "").strip().endswith(".")


def curls(page: str) -> list[tuple[str, str, dict[str, str]]]:
    """(verb, path, headers but the key) of every curl command; one with a form or -X POST posts."""
    found = re.findall(r"curl ([^\n`]*?)http://127\.0\.0\.1:8000([^\s\"`#]*)", page)
    return [
        ("POST" if re.search("-F |-X POST|-d ", options) else "GET", path, told(options)) for options, path in found
    ]


def told(options: str) -> dict[str, str]:
    pairs = (header.split(": ", 1) for header in re.findall('-H "([^"]+)"', options))
    return {name: value for name, value in pairs if name != "Authorization"}


def test_every_request_that_the_readme_shows_is_an_operation(here: Installation, client: Client) -> None:
    made = heard(here, client)
    shown = curls((ROOT / "README.md").read_text())
    assert {verb for verb, _path, _headers in shown} == {"GET", "POST"}
    for verb, path, headers in shown:
        has_sound = verb == "POST" and not headers
        # What a form says in its fields, raw audio says in the query.
        raw = "?consent=true" if has_sound and "?" not in path else ""
        sound = SOUND if has_sound else None
        answer = client.request(verb, path.replace("$ID", made["id"]) + raw, headers=headers, content=sound)
        assert answer.is_success, (verb, path)


def test_the_readmes_first_screen_says_what_what_not_and_how() -> None:
    screen = "\n".join((ROOT / "README.md").read_text().splitlines()[:40])
    for said in ("interviews in", "not", "make run", "curl -F consent=true"):
        assert said in screen


def test_make_alone_says_every_verb() -> None:
    told = subprocess.run(["make", "-s"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert {line.split()[1] for line in told.splitlines() if line.strip().startswith("make ")} == verbs()


def test_the_command_line_says_what_it_can() -> None:
    told = subprocess.run(
        [sys.executable, "-m", "app", "-h"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout
    for verb in ("serve", "prepare", "openapi"):
        assert verb in told
