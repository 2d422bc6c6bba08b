"""The house keeps its shape: who may import whom, how large things get, what the API process never loads."""

import ast
import json
import subprocess
import sys
from collections.abc import Iterator
from graphlib import TopologicalSorter
from pathlib import Path
from statistics import median, quantiles

import pytest

ROOT = Path(__file__).parents[2]
SOURCES = sorted([*(ROOT / "app").rglob("*.py"), *(ROOT / "workers").rglob("*.py")])
# The files that know the job engine; everybody else asks them.
KNOWS_DBOS = {"app/jobs.py", "workers/jobs.py", "workers/supervision.py", "workers/bench.py", "workers/shift.py"}
COMMITS = {"app/db.py", "app/migrations/__init__.py"}
HEAVY = ("ctranslate2", "torch", "onnxruntime", "av", "faster_whisper", "whisper", "numpy", "tokenizers")
FORBIDDEN = {
    "manager",
    "handler",
    "helper",
    "helpers",
    "utils",
    "util",
    "common",
    "core",
    "data",
    "info",
    "process",
    "misc",
}

Function = ast.FunctionDef | ast.AsyncFunctionDef


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def trees(*folders: str) -> Iterator[tuple[str, ast.Module]]:
    for path in SOURCES:
        name = name_of(path)
        if not folders or name.startswith(folders):
            yield name, ast.parse(path.read_text())


def imports(tree: ast.Module) -> set[str]:
    """Every module that is imported anywhere in a file, in functions too; `from a import b` counts as a and a.b."""
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        if isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return found


def importers(*modules: str) -> set[str]:
    wanted = tuple(f"{module}." for module in modules)
    return {name for name, tree in trees() if any(f"{found}.".startswith(wanted) for found in imports(tree))}


def functions(*folders: str) -> Iterator[tuple[str, Function]]:
    for name, tree in trees(*folders):
        for node in ast.walk(tree):
            if isinstance(node, Function):
                yield f"{name}:{node.name}", node


def calls(tree: ast.AST, method: str) -> int:
    return sum(
        isinstance(node, ast.Call) and getattr(node.func, "attr", getattr(node.func, "id", None)) == method
        for node in ast.walk(tree)
    )


def lines(function: Function) -> int:
    """Lines of a function without its docstring, decorators and blank lines at its end."""
    said = ast.get_docstring(function, clean=False)
    return (function.end_lineno or 0) - function.lineno + 1 - (said.count("\n") + 1 if said else 0)


def statements(function: Function) -> int:
    return len(function.body) - (1 if ast.get_docstring(function) else 0)


def is_route(function: Function) -> bool:
    return any(ast.unparse(mark).startswith("router.") for mark in function.decorator_list)


def test_the_app_never_imports_the_workers() -> None:
    assert {name for name in importers("workers") if name.startswith("app/")} == set()


def test_no_two_rooms_of_the_app_need_each_other() -> None:
    rooms = {path.stem for path in (ROOT / "app").iterdir()}
    needs: dict[str, set[str]] = {}
    for name, tree in trees("app/"):
        room = Path(name).parts[1].removesuffix(".py")
        found = {module.split(".")[1] for module in imports(tree) if module.startswith("app.")}
        needs.setdefault(room, set()).update(found & rooms - {room})
    # Raises CycleError, with the circle: a module of one could be imported only after another had been.
    assert len(list(TopologicalSorter(needs).static_order())) > 20


def test_http_is_known_behind_its_wall_only() -> None:
    outside = {name for name in importers("fastapi", "starlette") if not name.startswith("app/api/")}
    assert outside <= {"app/main.py", "app/metrics.py"}
    assert {name for name in importers("app.api") if not name.startswith("app/api/")} == {"app/main.py"}


def test_the_job_engine_is_known_to_few_files() -> None:
    assert importers("dbos") <= KNOWS_DBOS


def test_each_heavy_library_is_known_to_few_files() -> None:
    for module, files in {
        "av": {"workers/decoder_child.py"},
        "faster_whisper": {"workers/ears/faster_whisper.py", "workers/windows.py"},
        "whisper": {"workers/ears/openai_whisper.py"},
        "torch": {"workers/ears/openai_whisper.py"},
    }.items():
        assert importers(module) <= files, module


def test_the_network_is_known_to_few_files() -> None:
    assert importers("httpx") <= {*("workers/llm/client.py", "workers/hub.py", "app/buckets.py", "workers/sending.py")}


def test_what_leaves_in_spans_is_known_to_two_files() -> None:
    assert importers("opentelemetry.sdk", "opentelemetry.exporter") <= {"app/otlp.py"}
    assert importers("opentelemetry") <= {"app/otlp.py", "app/tracing.py"}
    assert importers("app.otlp") <= {"app/tracing.py"}


def test_extraction_and_formats_are_pure() -> None:
    drawn = tuple(f"app/conversation/{name}.py" for name in ("values", "spurts", "asked", "measures", "timeline"))
    pure = ("app/extraction/", *drawn, "app/transcripts/values.py", "app/transcripts/formats.py", "app/media_types.py")
    impure = importers("sqlmodel", "sqlalchemy", "app.db", "app.models", "app.api", "httpx", "os", "random", "time")
    assert {name for name in impure if name.startswith(pure)} == set()


def test_commit_is_called_in_two_places_at_most() -> None:
    found = {name: calls(tree, "commit") for name, tree in trees()}
    assert {name for name, count in found.items() if count} <= COMMITS
    assert sum(found.values()) <= 2


def test_routes_ask_use_cases_and_not_the_database() -> None:
    asking = {name for name, tree in trees("app/api/") if calls(tree, "select") or calls(tree, "exec")}
    assert asking <= {"app/api/views.py"}


def test_routes_are_thin() -> None:
    found = {name: statements(function) for name, function in functions("app/api/") if is_route(function)}
    assert len(found) >= 25
    assert {name: count for name, count in found.items() if count > 6} == {}
    assert median(found.values()) <= 3


def test_routes_decide_nothing() -> None:
    # A stream is a loop by nature.
    routes = {name: function for name, function in functions("app/api/") if is_route(function)}
    routes.pop("app/api/jobs.py:stream_job_events")
    deciding = {name for name, function in routes.items() for node in ast.walk(function) if isinstance(node, ast.Raise)}
    assert deciding == set()


def test_functions_stay_small() -> None:
    sizes = {name: lines(function) for name, function in functions()}
    p90 = quantiles(sizes.values(), n=10)[-1]
    largest = max(sizes, key=sizes.__getitem__)
    print(f"\n{len(sizes)} functions: median {median(sizes.values())}, p90 {p90:g}, largest {sizes[largest]} {largest}")  # noqa: T201
    assert median(sizes.values()) <= 10
    assert p90 <= 30
    assert {name: size for name, size in sizes.items() if size > 80 and "/versions/" not in name} == {}


def test_files_stay_readable() -> None:
    sizes = {name_of(path): len(path.read_text().splitlines()) for path in SOURCES}
    # The errors and the tables are a drawn tree each, and the first migration is every table: read by looking up.
    large = {name for name, size in sizes.items() if size > 400}
    assert large <= {"app/errors.py", "app/models.py", "app/migrations/versions/0001_the_first_tables.py"}


def test_every_file_begins_with_what_the_room_is_for() -> None:
    silent = [name for name, tree in trees() if tree.body and not ast.get_docstring(tree)]
    assert silent == []


def test_no_file_has_a_name_that_says_nothing() -> None:
    assert [name_of(path) for path in SOURCES if path.stem in FORBIDDEN] == []
    assert [name_of(path.parent) for path in SOURCES if path.parent.name in FORBIDDEN] == []


def test_no_class_or_function_is_called_a_manager() -> None:
    vague = ("manager", "helper", "handler", "do_")
    named = [
        f"{name}:{node.name}"
        for name, tree in trees()
        for node in ast.walk(tree)
        if isinstance(node, Function | ast.ClassDef) and node.name.lower().strip("_").startswith(vague)
    ]
    assert named == []


def test_every_exception_that_is_ours_has_one_place() -> None:
    elsewhere = [
        f"{name}:{node.name}"
        for name, tree in trees()
        for node in ast.walk(tree)
        if isinstance(node, ast.ClassDef)
        and name not in ("app/errors.py", "app/api/problems.py")
        and any(ast.unparse(base) == "CandidError" for base in node.bases)
    ]
    assert elsewhere == []


def loaded_by(module: str) -> set[str]:
    code = f"import sys, json, {module}; print(json.dumps(sorted({{name.partition('.')[0] for name in sys.modules}})))"
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    return set(json.loads(ended.stdout))


@pytest.mark.parametrize("module", ["app.main", "app.__main__"])
def test_the_api_process_loads_no_machine_learning(module: str) -> None:
    assert loaded_by(module) & {*HEAVY, "workers", "stamina"} == set()


def test_extracting_alone_loads_neither_http_nor_the_job_engine() -> None:
    assert loaded_by("app.extraction") & {"fastapi", "dbos", *HEAVY} == set()
