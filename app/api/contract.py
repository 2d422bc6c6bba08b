"""The OpenAPI document: what FastAPI sees of the routes, and then every answer with its example and headers."""

from collections.abc import Iterator
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from pydantic import BaseModel

from app.api import bodies, declared, schemas
from app.api.problems import FieldProblem, Problem

Json = dict[str, Any]
# What FastAPI does not see: the problems, and a body that we read ourselves.
UNSEEN = (
    FieldProblem,
    Problem,
    schemas.JobEvent,
    schemas.InterviewIn,
    *(schemas.TranscriptIn, schemas.SpeakerIn, schemas.SegmentIn, schemas.WordIn),
    *(schemas.TurnsIn, schemas.NamedIn, schemas.TurnIn),
)
REQUEST_ID = {"X-Request-Id": {"$ref": "#/components/headers/RequestId"}}
RATES = {
    "RateLimit-Policy": {"$ref": "#/components/headers/RateLimitPolicy"},
    "RateLimit": {"$ref": "#/components/headers/RateLimit"},
}


def of(app: FastAPI) -> Json:
    """The document, made once."""
    if app.openapi_schema is None:
        document = get_openapi(
            title=app.title,
            version=app.version,
            summary=app.summary,
            description=app.description,
            routes=app.routes,
            tags=app.openapi_tags,
            servers=app.servers,
            license_info=app.license_info,
        )
        app.openapi_schema = mended(document)
    return app.openapi_schema


def mended(document: Json) -> Json:
    components = document["components"]
    for extra in UNSEEN:
        components["schemas"][extra.__name__] = _component(extra)
    components["headers"] = {
        "RequestId": declared.header("Quote it when you ask for help.", "req_01979d2f0e5b7c3a8d21"),
        "RateLimitPolicy": declared.header("What was counted, and how much of it there may be.", '"reads";q=6000;w=60'),
        "RateLimit": declared.header("What remains of that, and seconds until there is more.", '"reads";r=5999;t=60'),
    }
    components["examples"] = declared.examples() | bodies.EXAMPLE_BODIES | _examples_of(components["schemas"])
    for operation in operations(document):
        operation.setdefault("security", [])
        for parameter in operation.get("parameters", []):
            parameter["schema"] = _sendable(parameter["schema"])
        for content in _contents(operation):
            _exemplify(content, components["examples"])
        for response in operation["responses"].values():
            _finish(response, components["schemas"], is_counted=bool(operation["security"]))
    _link(document)
    # What nothing points to is left out: problems that only jobs have, and FastAPI's own form of a 422.
    for kind in ("schemas", "examples"):
        _drop_unused(document, kind)
    return document


# What an answer of a kind is the id of: the path parameter that it fills elsewhere.
IDS = {
    "InterviewOut": "interview_id",
    "InterviewPage": "interview_id",
    "JobOut": "job_id",
    "ConsentOut": "consent_id",
    "ConsentPage": "consent_id",
    "InsightOut": "insight_id",
    "InsightPage": "insight_id",
    "InsightWithInterviewPage": "insight_id",
    "ContactOut": "contact_id",
    "ContactPage": "contact_id",
    "WebhookMade": "webhook_id",
    "WebhookOut": "webhook_id",
    "WebhookPage": "webhook_id",
    "KeyMade": "key_id",
    "KeyPage": "key_id",
}


def _link(document: Json) -> None:
    """From every answer that makes or lists something, links to all that can be done with it."""
    takers: dict[str, list[str]] = {}
    for operation in operations(document):
        taken = [parameter["name"] for parameter in operation.get("parameters", []) if parameter["in"] == "path"]
        # What needs two ids is not found by one.
        if len(taken) == 1:
            takers.setdefault(taken[0], []).append(operation["operationId"])
    for operation in operations(document):
        for response in operation["responses"].values():
            kind = response.get("content", {}).get("application/json", {}).get("schema", {}).get("$ref", "")
            name = kind.rpartition("/")[2]
            if name in IDS and operation["operationId"] not in takers[IDS[name]]:
                at = "/items/0/id" if name.endswith("Page") else "/id"
                response["links"] = {
                    taker: {"operationId": taker, "parameters": {IDS[name]: f"$response.body#{at}"}}
                    for taker in takers[IDS[name]]
                }


def operations(document: Json) -> Iterator[Json]:
    for path in document["paths"].values():
        yield from path.values()


def _component(model: type[BaseModel]) -> Json:
    schema = model.model_json_schema(ref_template="#/components/schemas/{model}")
    schema.pop("$defs", None)
    return schema


def _examples_of(components: Json) -> Json:
    """The schemas' own examples: each stands once and is pointed to from where it is sent.

    They are taken from the classes, because FastAPI drops every null from those in its document.
    """
    found: Json = {}
    for name, schema in components.items():
        if schema.pop("examples", None):
            found[name] = {"value": getattr(schemas, name).model_config["json_schema_extra"]["examples"][0]}
    return found


def _sendable(schema: Json) -> Json:
    """A parameter can be left out, but nobody can send a null in a query, a header or a path."""
    given = next((one for one in schema.get("anyOf", []) if one.get("type") != "null"), schema)
    return {name: value for name, value in given.items() if name not in ("title", "description")}


def _contents(operation: Json) -> Iterator[Json]:
    for side in (operation.get("requestBody", {}), *operation["responses"].values()):
        yield from side.get("content", {}).values()


def _exemplify(content: Json, known: Json) -> None:
    # OpenAPI 3.1 does not know `itemSchema` yet, which FastAPI writes for a stream of events.
    content.pop("itemSchema", None)
    name = content["schema"].get("$ref", "").rpartition("/")[2]
    if name in known and "examples" not in content:
        content["examples"] = {name: {"$ref": f"{declared.EXAMPLES}/{name}"}}


def _finish(response: Json, schemas: Json, *, is_counted: bool) -> None:
    if response["description"] == "Successful Response":
        name = response.get("content", {}).get("application/json", {}).get("schema", {}).get("$ref", "")
        about = schemas[name.rpartition("/")[2]]["description"] if name else "It is done."
        response["description"] = about.split("\n\n")[0]
    response["headers"] = response.get("headers", {}) | REQUEST_ID | (RATES if is_counted else {})
    if response.get("content") == {}:
        del response["content"]


def _drop_unused(document: Json, kind: str) -> None:
    components = document["components"][kind]
    while unused := components.keys() - set(_names(document, f"#/components/{kind}/")):
        for name in unused:
            del components[name]


def _names(node: Any, prefix: str) -> Iterator[str]:
    """The components of a kind that something below `node` points to."""
    if isinstance(node, dict):
        target = node.get("$ref")
        if isinstance(target, str) and target.startswith(prefix):
            yield target.removeprefix(prefix)
        for below in node.values():
            yield from _names(below, prefix)
    elif isinstance(node, list):
        for below in node:
            yield from _names(below, prefix)
