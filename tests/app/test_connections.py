"""A client that dribbles holds a connection for a while and not for ever; one that is answered is left in peace."""

import resource
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import anyio
import pytest
import uvicorn
from starlette.types import Receive, Scope, Send

from app import connections

HEAD_S = 0.6
DRIBBLE_S = HEAD_S / 6
WHOLE = b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"
LONG_BODY = b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9999\r\n\r\n"


class Hasty(connections.Timed):
    head_s = HEAD_S


async def service(scope: Scope, _receive: Receive, send: Send) -> None:
    """Answers without looking at the body; `/slow` takes longer than a head may."""
    if scope["path"] == "/slow":
        await anyio.sleep(2 * HEAD_S)
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"4")]})
    await send({"type": "http.response.body", "body": b"here"})


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    config = uvicorn.Config(
        service, port=0, http=Hasty, ws="none", lifespan="off", timeout_keep_alive=60, log_config=None
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    yield server.servers[0].sockets[0].getsockname()[1]
    server.should_exit = True
    thread.join()


@contextmanager
def connected(port: int) -> Iterator[socket.socket]:
    with socket.create_connection(("127.0.0.1", port), timeout=20) as link:
        yield link


def dribbles(link: socket.socket, text: bytes = bytes(1000)) -> float:
    """Seconds until the server ends the connection, to which a byte is sent now and then."""
    began = time.monotonic()
    for byte in text:
        try:
            link.sendall(bytes([byte]))
            link.settimeout(DRIBBLE_S)
            if link.recv(1000) == b"":
                break
        except TimeoutError:
            continue
        except OSError:
            break
    return time.monotonic() - began


def answered(link: socket.socket, request: bytes) -> bool:
    link.sendall(request)
    return read_answer(link)


def read_answer(link: socket.socket) -> bool:
    came = b""
    while not came.endswith(b"here") and (more := link.recv(1000)):
        came += more
    return came.endswith(b"here")


def test_a_head_that_comes_byte_by_byte_is_not_waited_for(port: int) -> None:
    with connected(port) as link:
        assert HEAD_S / 2 < dribbles(link, b"GET /" + b"a" * 1000) < 5 * HEAD_S


def test_a_connection_that_brings_nothing_is_ended(port: int) -> None:
    with connected(port) as link:
        began = time.monotonic()
        assert link.recv(1) == b""
        assert HEAD_S / 2 < time.monotonic() - began < 5 * HEAD_S


def test_the_second_head_of_a_connection_is_not_waited_for_either(port: int) -> None:
    with connected(port) as link:
        assert answered(link, WHOLE)
        assert HEAD_S / 2 < dribbles(link, b"GET /" + b"a" * 1000) < 5 * HEAD_S


def test_a_body_that_goes_on_after_its_request_was_answered_is_cut_off(port: int) -> None:
    with connected(port) as link:
        assert answered(link, LONG_BODY)
        assert HEAD_S / 2 < dribbles(link) < 5 * HEAD_S


def test_an_answer_may_take_longer_than_a_head_and_the_connection_goes_on(port: int) -> None:
    with connected(port) as link:
        assert answered(link, WHOLE.replace(b"/ ", b"/slow "))
        assert answered(link, WHOLE)


def test_a_request_that_was_sent_ahead_is_answered_however_long_the_first_takes(port: int) -> None:
    with connected(port) as link:
        slow = WHOLE.replace(b"/ ", b"/slow ")
        link.sendall(slow + slow)
        assert read_answer(link)
        assert read_answer(link)


def test_the_process_may_open_as_many_files_as_the_system_lets_it() -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(soft, 512), hard))
    try:
        connections.allow_many()
        assert resource.getrlimit(resource.RLIMIT_NOFILE) == (hard, hard)
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
