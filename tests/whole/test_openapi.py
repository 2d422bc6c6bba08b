"""The contract: committed, the same everywhere, complete, and with examples that are true."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]

from app.main import create_app
from app.settings import Settings
from tests.client import PROBLEM, Contract

ROOT = Path(__file__).parents[2]
COMMITTED = ROOT / "openapi" / "openapi.json"
DOCUMENT: dict[str, Any] = json.loads(COMMITTED.read_text())
CONTRACT = Contract(DOCUMENT)
OPERATIONS: dict[str, dict[str, Any]] = {
    operation["operationId"]: {**operation, "method": method, "path": path}
    for path, operations in DOCUMENT["paths"].items()
    for method, operation in operations.items()
}
every_operation = pytest.mark.parametrize("operation", OPERATIONS.values(), ids=OPERATIONS)
# `include=none` leaves the words out; a problem says what is wrong field by field only when there are fields.
MAY_BE_ABSENT = {"SegmentOut": {"words"}, "Problem": {"errors"}}


def contents(operation: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """(request or status, media type, what is said of it)."""
    for media_type, content in operation.get("requestBody", {}).get("content", {}).items():
        yield "request", media_type, content
    for status, response in operation["responses"].items():
        for media_type, content in response.get("content", {}).items():
            yield status, media_type, content


def examples(content: dict[str, Any]) -> list[Any]:
    found = [CONTRACT.resolved(example)["value"] for example in content.get("examples", {}).values()]
    return found + ([content["example"]] if "example" in content else [])


def components(node: Any) -> Iterator[str]:
    """Every `$ref` at and below `node`."""
    if isinstance(node, dict):
        if isinstance(node.get("$ref"), str):
            yield node["$ref"]
        for below in node.values():
            yield from components(below)
    elif isinstance(node, list):
        for below in node:
            yield from components(below)


def test_the_committed_contract_is_what_the_code_says() -> None:
    made = create_app(Settings()).openapi()
    assert COMMITTED.read_text() == json.dumps(made, indent=2, sort_keys=True, ensure_ascii=False) + "\n"


def test_the_contract_is_the_same_for_every_setting(tmp_path: Path) -> None:
    odd = Settings(
        data_dir=tmp_path, max_json_bytes=2048, max_recording_bytes=1, allowed_hosts=("*",), cors_origins=("https://a",)
    )
    assert create_app(odd).openapi() == create_app(Settings()).openapi()


def test_the_contract_is_the_same_in_a_process_that_hashes_and_imports_in_another_order(tmp_path: Path) -> None:
    made = tmp_path / "openapi.json"
    script = (
        "import sys; from pathlib import Path; import app.api.transcripts, app.api.jobs, app.errors;"
        "from app.__main__ import write_openapi; from app.settings import Settings;"
        "write_openapi(Settings(), Path(sys.argv[1]))"
    )
    environment = os.environ | {"PYTHONHASHSEED": "20261122", "CANDID_DATA_DIR": str(tmp_path)}
    subprocess.run([sys.executable, "-c", script, made], cwd=ROOT, env=environment, check=True)
    assert made.read_text() == COMMITTED.read_text()


def test_it_is_openapi_3_1() -> None:
    assert DOCUMENT["openapi"].startswith("3.1.")


@every_operation
def test_every_operation_says_in_words_what_it_does(operation: dict[str, Any]) -> None:
    automatic = operation["operationId"].replace("_", " ").title()
    assert operation["summary"] not in ("", automatic)
    assert operation["description"]
    assert len(operation["tags"]) == 1


@every_operation
def test_every_parameter_is_described(operation: dict[str, Any]) -> None:
    assert [one["name"] for one in operation.get("parameters", []) if not one.get("description")] == []


@every_operation
def test_every_body_and_every_answer_has_a_true_example(operation: dict[str, Any]) -> None:
    wrong = []
    for where, media_type, content in contents(operation):
        found = examples(content)
        if not found:
            wrong.append(f"{where} {media_type}: no example")
        for example in found:
            wrong += [f"{where} {media_type}: {error}" for error in CONTRACT.errors(content["schema"], example)]
    assert wrong == []


@every_operation
def test_every_failure_is_a_problem(operation: dict[str, Any]) -> None:
    for status, response in operation["responses"].items():
        # HEAD has no bodies, and a service that is not ready says what is missing in the words of one that is.
        if status < "400" or operation["method"] == "head" or operation["operationId"] == "get_readiness":
            continue
        assert list(response["content"]) == [PROBLEM], status


@every_operation
def test_every_answer_has_a_request_id_and_says_what_it_is(operation: dict[str, Any]) -> None:
    for status, response in operation["responses"].items():
        assert "X-Request-Id" in response["headers"], status
        assert response["description"] not in ("", "Successful Response"), status


@every_operation
def test_every_failure_that_can_be_foreseen_is_declared(operation: dict[str, Any]) -> None:
    expected = {"400", "422", "500"}
    if operation["security"]:
        expected |= {"401", "429"}
    if "{" in operation["path"]:
        expected |= {"403", "404"}
    if "requestBody" in operation:
        expected |= {"403", "408", "413", "415"}
    assert expected <= operation["responses"].keys()


def test_only_the_service_about_itself_is_open_to_strangers() -> None:
    assert {name for name, operation in OPERATIONS.items() if not operation["security"]} == {
        "describe_uploads",
        "get_health",
        "get_readiness",
        "get_metrics",
    }


def test_every_member_of_an_answer_is_always_there() -> None:
    for name, schema in DOCUMENT["components"]["schemas"].items():
        if not name.endswith(("Out", "Page", "Made", "Links", "Summary", "Problem")):
            continue
        assert schema["properties"].keys() - set(schema["required"]) == MAY_BE_ABSENT.get(name, set()), name


def words(schema: Any) -> Iterator[str]:
    """The keywords of a schema and of those below it; the names of members are none."""
    if isinstance(schema, dict):
        yield from schema
        for word, below in schema.items():
            inner = list(below.values()) if word in ("properties", "patternProperties") else [below]
            for one in inner if word not in ("default", "const", "enum") else []:
                yield from words(one)
    elif isinstance(schema, list):
        for one in schema:
            yield from words(one)


def test_every_schema_speaks_the_words_of_json_schema() -> None:
    known = {*Draft202012Validator.VALIDATORS, "title", "description", "default", "discriminator", "readOnly"}
    for name, schema in DOCUMENT["components"]["schemas"].items():
        assert set(words(schema)) - known == set(), name


def test_nothing_in_the_contract_is_left_over() -> None:
    used = set(components(DOCUMENT))
    kinds = ("schemas", "examples", "headers")
    assert [
        f"#/components/{kind}/{name}"
        for kind in kinds
        for name in DOCUMENT["components"][kind]
        if f"#/components/{kind}/{name}" not in used
    ] == []


def test_every_link_leads_to_an_operation_that_takes_what_it_brings() -> None:
    for operation in OPERATIONS.values():
        for response in operation["responses"].values():
            for link in response.get("links", {}).values():
                taken = {one["name"] for one in OPERATIONS[link["operationId"]]["parameters"] if one["in"] == "path"}
                assert link["parameters"].keys() == taken
