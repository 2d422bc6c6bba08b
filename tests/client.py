"""A client for tests that holds every answer, problems too, against the service's own OpenAPI document."""

import functools
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

from fastapi import FastAPI
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]
from referencing import Registry
from referencing.jsonschema import DRAFT202012
from starlette.testclient import TestClient

from app.main import create_app
from app.settings import Settings

PROBLEM = "application/problem+json"
# Pages for people and the contract itself: they are not in the contract.
BESIDE = re.compile(r"/(docs|problems|openapi\.json)(/.*)?")
# A header that says something about one answer must be declared where it is given; the others are on every answer.
TELLING = (
    *("etag", "location", "link", "retry-after", "www-authenticate", "allow", "idempotency-replayed"),
    *("accept-ranges", "content-range", "content-disposition", "content-digest", "repr-digest", "want-repr-digest"),
    *("tus-extension", "tus-max-size", "tus-checksum-algorithm", "candid-interview"),
    *("upload-offset", "upload-length", "upload-expires", "upload-metadata"),
    *("ratelimit", "ratelimit-policy"),
)


class NotInContract(AssertionError):
    """An answer that the OpenAPI document does not know."""


@dataclass(frozen=True)
class Answer:
    """What a contract can say something about."""

    method: str
    path: str
    status: int
    headers: Mapping[str, str]
    text: str
    body: Any

    @property
    def media_type(self) -> str:
        return self.headers.get("content-type", "").partition(";")[0].strip()


class Contract:
    def __init__(self, document: Mapping[str, Any]) -> None:
        self.document = document
        self._registry: Registry[Any] = Registry().with_resource("urn:contract", DRAFT202012.create_resource(document))
        self._paths = [
            (re.compile(re.sub(r"\\\{\w+\\\}", "[^/]+", re.escape(path))), operations)
            for path, operations in sorted(document["paths"].items(), key=lambda item: "{" in item[0])
        ]

    def check(self, answer: Answer) -> None:
        """Raises NotInContract."""
        if BESIDE.fullmatch(answer.path) and answer.status == 200:
            return
        declared = self._declared(answer)
        try:
            check_content(self, answer, declared.get("content", {}))
            check_headers(self, answer, declared.get("headers", {}))
        except NotInContract as found:
            raise NotInContract(f"{answer.method} {answer.path} -> {answer.status}: {found}") from None

    def _declared(self, answer: Answer) -> Mapping[str, Any]:
        operation = self._operation(answer)
        if operation is None:
            return self._of_the_router(answer)
        found: Mapping[str, Any] | None = operation["responses"].get(str(answer.status))
        if found is None:
            raise NotInContract(f"{operation['operationId']} does not declare {answer.status}: {answer.text[:300]}")
        return self.resolved(found)

    def _operation(self, answer: Answer) -> Mapping[str, Any] | None:
        for pattern, operations in self._paths:
            if pattern.fullmatch(answer.path) and answer.method.lower() in operations:
                found: Mapping[str, Any] = operations[answer.method.lower()]
                return found
        return None

    def _of_the_router(self, answer: Answer) -> Mapping[str, Any]:
        """What no operation can declare: there is no such path, or no such method there."""
        if answer.status not in (400, 404, 405):
            raise NotInContract(f"{answer.method} {answer.path} is no operation, and answers {answer.status}")
        headers = {"Allow": {"required": True, "schema": {"type": "string"}}} if answer.status == 405 else {}
        return {"headers": headers, "content": {PROBLEM: {"schema": {"$ref": "#/components/schemas/Problem"}}}}

    def resolved(self, item: Mapping[str, Any]) -> Mapping[str, Any]:
        while "$ref" in item:
            item = self._registry.resolver("urn:contract").lookup(item["$ref"]).contents
        return item

    def errors(self, schema: Mapping[str, Any], instance: Any) -> Iterator[str]:
        # The base makes "#/components/..." mean the document and not the schema that says it.
        validator = Draft202012Validator({"$id": "urn:contract", **schema}, registry=self._registry)
        resolver = self._registry.resolver("urn:contract")
        validator = validator.evolve(schema=schema, _resolver=resolver)
        for error in validator.iter_errors(instance):
            yield f"{error.json_path}: {error.message[:300]}"


def check_content(contract: Contract, answer: Answer, content: Mapping[str, Any]) -> None:
    if not content:
        if answer.text:
            raise NotInContract(f"a body where none is declared: {answer.text[:200]}")
        return
    declared = content.get(answer.headers.get("content-type", "")) or content.get(answer.media_type)
    declared = declared or content.get(answer.media_type.partition("/")[0] + "/*")
    if declared is None:
        raise NotInContract(f"{answer.headers.get('content-type')!r} is not one of {list(content)}")
    for error in contract.errors(declared.get("schema", {}), answer.body):
        raise NotInContract(error)


def check_headers(contract: Contract, answer: Answer, headers: Mapping[str, Any]) -> None:
    declared = {name.lower(): contract.resolved(header) for name, header in headers.items()}
    for name in TELLING:
        if name in answer.headers and name not in declared:
            raise NotInContract(f"the header {name} is given and not declared")
    for name, header in declared.items():
        if name not in answer.headers:
            if header.get("required"):
                raise NotInContract(f"the header {name} is promised and not given")
            continue
        for error in contract.errors(header.get("schema", {}), _parsed(answer.headers[name], header)):
            raise NotInContract(f"header {name}: {error}")


def _parsed(text: str, header: Mapping[str, Any]) -> Any:
    return int(text) if header.get("schema", {}).get("type") == "integer" and text.isdecimal() else text


def check_response(contract: Contract, response: Any) -> None:
    """Raises NotInContract for what an HTTP client has got, of whichever kind it is."""
    kind = response.headers.get("content-type", "")
    is_text = "json" in kind or kind.startswith("text/") or "subrip" in kind
    text = response.text if is_text else response.content.decode("latin-1")
    body = response.json() if "json" in kind and text else text
    path, method = unquote(response.request.url.path), response.request.method
    contract.check(Answer(method, path, response.status_code, response.headers, text, body))


@functools.cache
def our_contract() -> Contract:
    return Contract(create_app(Settings()).openapi())


class Client(TestClient):
    """Sends its key with every request; `client.as_key(token)` is somebody else on the same service."""

    def __init__(self, app: FastAPI, *, key: str | None = None, raises: bool = True) -> None:
        """`raises`: an error in the service is raised here, as it was, instead of answered with 500."""
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        super().__init__(app, base_url="http://localhost", headers=headers, raise_server_exceptions=raises)
        self.service = app
        # The document depends on no setting, and making it takes half a second.
        self.contract = our_contract()

    def as_key(self, key: str | None) -> "Client":
        return Client(self.service, key=key)

    def send(self, request: Any, **options: Any) -> Any:
        response = super().send(request, **options)
        check_response(self.contract, response)
        return response
