"""An API in a process of its own that is up again in a moment, and that a request may kill where it says so."""

import multiprocessing
import os
import signal
import socket
from pathlib import Path
from threading import Thread
from typing import Any, Literal

import httpx
import uvicorn
from sqlalchemy import event
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app import logs
from app.db import WriteSession
from app.main import create_app
from app.settings import Settings
from tests.client import Contract, check_response

# Before the first commit of the request, and before the first byte of its answer: nothing of it is done, or all.
Where = Literal["before", "after"]
FATAL = "x-fatal"

# Forking a process that has everything imported takes milliseconds, and unlike this one it has no threads.
_context = multiprocessing.get_context("forkserver")
_context.set_forkserver_preload(["tests.whole.mortal_api"])


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


class Fatal:
    """ASGI middleware that heeds FATAL."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self.is_doomed = False
        event.listen(WriteSession, "before_commit", self.look)

    def look(self, _session: WriteSession) -> None:
        if self.is_doomed:
            die()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = dict(scope.get("headers", ()))
        where = headers.get(FATAL.encode(), b"").decode()
        self.is_doomed = where == "before"

        async def dying(message: Message) -> None:
            if where:
                die()
            await send(message)

        await self.app(scope, receive, dying)


def leave_with_parent() -> None:
    """Nobody ends the process of a test that was itself ended."""
    parent = multiprocessing.parent_process()
    assert parent is not None
    parent.join()
    die()


def serve(settings: Settings, listening: socket.socket, log: Path) -> None:
    Thread(target=leave_with_parent, daemon=True).start()
    with log.open("ab") as file:
        os.dup2(file.fileno(), 1)
        os.dup2(file.fileno(), 2)
    logs.set_up(settings)
    app = create_app(settings)
    app.add_middleware(Fatal)
    uvicorn.Server(uvicorn.Config(app, log_config=None, access_log=False)).run(sockets=[listening])


class MortalApi:
    """A service with one process, which is there again after each kill; every answer is held against the contract."""

    def __init__(self, settings: Settings, contract: Contract) -> None:
        self.settings, self.key, self.contract = settings, "", contract
        self.kills = 0
        self._listening = socket.create_server(("127.0.0.1", 0))
        self._start()

    def _start(self) -> None:
        log = self.settings.data_dir / "api.log"
        self._process = _context.Process(target=serve, args=(self.settings, self._listening, log))
        self._process.start()
        self._client = httpx.Client(
            # Who connects while nobody is there waits for the next one: the socket is ours and stays open.
            base_url=f"http://localhost:{self._listening.getsockname()[1]}",
            headers={"Authorization": f"Bearer {self.key}"},
            timeout=60,
        )

    def be(self, key: str) -> None:
        """From now on, somebody else asks."""
        self.key = key
        self._client.headers["Authorization"] = f"Bearer {key}"

    def ask(self, method: str, path: str, fatal: Where | None = None, **options: Any) -> httpx.Response | None:
        """The answer; None when the request has killed the process, which is then there again."""
        headers = options.pop("headers", {}) | ({FATAL: fatal} if fatal else {})
        try:
            answer = self._client.request(method, path, headers=headers, **options)
        except httpx.TransportError:
            if fatal is None:
                raise
            self.kill()
            return None
        check_response(self.contract, answer)
        return answer

    def kill(self) -> None:
        """Kill -9, and start again."""
        self._end()
        self.kills += 1
        self._start()

    def _end(self) -> None:
        self._process.kill()
        self._process.join()
        self._process.close()
        self._client.close()

    def close(self) -> None:
        self._end()
        self._listening.close()
