"""A tus client of the simplest kind: one call for every request of the protocol."""

from base64 import b64encode
from dataclasses import dataclass
from typing import Any

import httpx

from tests.client import Client

VERSION = {"Tus-Resumable": "1.0.0"}
PIECE = {"Content-Type": "application/offset+octet-stream"}


def metadata(**said: str) -> str:
    return ",".join(f"{name} {b64encode(value.encode()).decode()}" for name, value in said.items())


@dataclass
class Sender:
    """Speaks tus through a client whose address and key are those of a service."""

    client: Client | httpx.Client

    def begin(self, size: int, body: bytes | None = None, headers: dict[str, str] | None = None, **said: str) -> Any:
        """The answer to a new upload; without `said`, everybody has agreed."""
        told = {"Upload-Length": str(size), "Upload-Metadata": metadata(**(said or {"consent": "true"}))}
        piece = {} if body is None else PIECE
        return self.client.post("/v1/uploads", headers=VERSION | told | piece | (headers or {}), content=body)

    def begun(self, size: int, **said: str) -> str:
        """The path of a new upload."""
        answer = self.begin(size, **said)
        assert answer.status_code == 201, answer.text
        path: str = answer.headers["location"]
        return path

    def append(self, path: str, offset: int, body: Any, **headers: str) -> Any:
        told = VERSION | PIECE | {"Upload-Offset": str(offset)}
        return self.client.patch(
            path, headers=told | {name.replace("_", "-"): headers[name] for name in headers}, content=body
        )

    def head(self, path: str) -> Any:
        return self.client.head(path, headers=VERSION)

    def offset(self, path: str) -> int:
        answer = self.head(path)
        assert answer.status_code == 200, answer.status_code
        return int(answer.headers["upload-offset"])

    def delete(self, path: str) -> Any:
        return self.client.delete(path, headers=VERSION)
