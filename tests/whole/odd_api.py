"""An API like `python -m app`, but killed once in the middle of an answer: `before` or `after` its commit."""

import os
import signal
import sys
from pathlib import Path

import uvicorn
from sqlalchemy import event
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app import logs, models
from app.db import WriteSession
from app.main import create_app, prepare
from app.settings import Settings

# Requests with this header die, the first time.
FATAL = (b"x-fatal", b"1")


def die(where: str) -> None:
    mark = Path(os.environ["CANDID_DATA_DIR"]) / f"died-{where}"
    if not mark.exists():
        mark.touch()
        os.kill(os.getpid(), signal.SIGKILL)


class Fatal:
    """ASGI middleware: kills the process when the first byte of an answer would be sent, its commit being done."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        is_fatal = scope["type"] == "http" and FATAL in scope["headers"]

        async def dying(message: Message) -> None:
            if is_fatal:
                die("after")
            await send(message)

        await self.app(scope, receive, dying)


def note_work(session: WriteSession, _context: object) -> None:
    # Who calls is noted in transactions of their own: those are let pass.
    if any(isinstance(one, models.Interview) for one in session.new):
        session.info["is_fatal"] = True


def before_commit(session: WriteSession) -> None:
    if "is_fatal" in session.info:
        die("before")


def main(where: str) -> None:
    settings = Settings()
    logs.set_up(settings)
    prepare(settings)
    app = create_app(settings)
    if where == "after":
        app.add_middleware(Fatal)
    else:
        event.listen(
            WriteSession, "after_flush", lambda session, _context: session.info.update(is_fatal=bool(session.new))
        )
        event.listen(WriteSession, "before_commit", before_commit)
    uvicorn.run(app, host=settings.host, port=settings.port, log_config=None, access_log=False)


if __name__ == "__main__":
    main(sys.argv[1])
