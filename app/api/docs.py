"""The documentation pages, from our own assets: they open with no network, under a strict content policy."""

from importlib.util import find_spec
from pathlib import Path

from fastapi import APIRouter, FastAPI
from fastapi.responses import HTMLResponse
from fastapi.staticfiles import StaticFiles
from starlette.types import Receive, Scope, Send

from app import errors
from app.api.problems import leaves, status_of

# The package carries Swagger UI's files; they are read, its Python code is not imported.
ASSETS = "fastapi_offline"
OURS = Path(__file__).parent / "static"

PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Candid API</title>
<link rel="stylesheet" href="/docs/assets/swagger-ui.css">
<link rel="icon" href="data:,">
</head>
<body>
<div id="swagger-ui"></div>
<script src="/docs/assets/swagger-ui-bundle.js"></script>
<script src="/docs/ours/start.js"></script>
</body>
</html>
"""

router = APIRouter(include_in_schema=False)


@router.get("/docs")
def show_docs() -> HTMLResponse:
    return HTMLResponse(PAGE)


@router.get("/problems")
def show_problems() -> HTMLResponse:
    """Where the `type` of every problem leads."""
    return HTMLResponse(problems_page())


def problems_page() -> str:
    kinds = sorted(leaves(errors.CandidError), key=lambda kind: (status_of(kind), kind.code))
    rows = "\n".join(
        f'<tr id="{kind.code}"><td><code>{kind.code}</code></td><td>{status_of(kind)}</td><td>{kind.title()}.</td></tr>'
        for kind in kinds
    )
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>Problems</title></head><body>\n'
        "<h1>Problems</h1>\n<p>The <code>code</code> of a problem never changes its meaning. Problems of background "
        "work have no status of their own: they stand in the job's <code>error</code>.</p>\n"
        f"<table><tr><th>code</th><th>status</th><th>meaning</th></tr>\n{rows}\n</table></body></html>\n"
    )


class Assets(StaticFiles):
    """Files that are always sent whole: they are small, and a range that they do not have would fail in plain text."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = [(name, value) for name, value in scope["headers"] if name != b"range"]
        await super().__call__({**scope, "headers": headers}, receive, send)


def install(app: FastAPI) -> None:
    spec = find_spec(ASSETS)
    folders = list(spec.submodule_search_locations or []) if spec else []
    assets = Path(folders[0]) / "static" if folders else OURS
    app.include_router(router)
    app.mount("/docs/assets", Assets(directory=assets), name="assets")
    app.mount("/docs/ours", Assets(directory=OURS), name="ours")
