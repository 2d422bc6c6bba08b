"""Uppy in a real browser, on a page from another origin: what it is allowed, and what it goes on with.

`CANDID_TEST_CUTS=20 pytest tests/whole/test_uppy.py -s` cuts as often as that, and prints.
"""

import json
import shutil
import signal
import subprocess
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest

from app import models
from tests.whole import sending
from tests.whole.service import KEY, Service, Started, eventually, free_port, running


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_arguments: object) -> None: ...


@pytest.fixture(scope="session")
def page(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The origin that our page is served from."""
    folder, made = tmp_path_factory.mktemp("page"), sending.clients()
    shutil.copy(made / "page.html", folder)
    bundle = ["node_modules/.bin/esbuild", "page.mjs", "--bundle", "--format=esm", f"--outfile={folder}/page.js"]
    subprocess.run(bundle, cwd=made, check=True, capture_output=True)
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(folder))) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


@pytest.fixture
def service(page: str, tmp_path: Path) -> Iterator[Service]:
    """A service that the page may call, and that comes back at the same address."""
    with running(tmp_path, CANDID_PORT=str(free_port()), CANDID_CORS_ORIGINS=json.dumps([page])) as service:
        yield service


def opened(service: Service, origin: str, *more: str, **told: Any) -> Started:
    """A browser with the page, in which memo.wav was chosen. It has one profile, as a person's has."""
    chromium, at = sending.program("chromium", "chromium"), {"endpoint": f"{service.url}/v1/uploads", "key": KEY}
    address, memo = f"{origin}/page.html#{urlencode(at | told)}", service.folder / "memo.wav"
    script = sending.clients() / "browser.mjs"
    return sending.started(service, "node", script, chromium, service.folder / "profile", address, memo, *more)


def offsets(browser: Started, event: str, method: str) -> list[int]:
    """The Upload-Offset of Uppy's requests (`asked`) or their answers (`answered`) since the page was opened last."""
    since = browser.log.read_text().rpartition('{"event":"opened"}')[2]
    said = [json.loads(line) for line in since.splitlines() if line.startswith("{")]
    return [int(one.get("at") or 0) for one in said if (one["event"], one.get("method")) == (event, method)]


def assert_kept(service: Service, browser: Started, sha256: str) -> None:
    assert browser.ended() == 0, browser.log.read_text()
    (done,) = browser.lines("done")
    made = service.get(done["interview"]).json()
    assert (made["recording"]["sha256"], made["job"]["status"]) == (sha256, "queued")
    assert sending.stored(service) == [sha256]


def test_uppy_sends_in_chunks_what_was_chosen_in_a_page(service: Service, page: str) -> None:
    sha256 = sending.recording(service.folder / "memo.wav", 5 * sending.MIB)
    browser = opened(service, page, chunk=sending.MIB)
    assert_kept(service, browser, sha256)
    size = (service.folder / "memo.wav").stat().st_size
    assert offsets(browser, "asked", "PATCH") == list(range(0, size, sending.MIB))
    assert browser.lines("named")[0]["title"] == "memo.wav"


def test_uppy_goes_on_after_every_kill_of_the_service(service: Service, page: str) -> None:
    sha256 = sending.recording(service.folder / "memo.wav", sending.CUTS * sending.BYTES_PER_CUT)
    api, browser, safe = service.started[0], opened(service, page), 0
    for _ in range(sending.CUTS):
        safe = sending.when_more_is_safe(service, browser, safe)
        api.kill()
        api = service.api()
        assert sending.offset_of(service) >= safe
    assert_kept(service, browser, sha256)
    assert len(offsets(browser, "asked", "POST")) == 1
    assert len(offsets(browser, "asked", "PATCH")) > sending.CUTS
    print(f"\n{sending.CUTS} kills of the service, SHA-256 equal")  # noqa: T201


def assert_went_on(browser: Started, safe: int) -> None:
    """Since the page was opened last: Uppy asked where it was, and began there."""
    told, begun = offsets(browser, "answered", "HEAD")[0], offsets(browser, "asked", "PATCH")[0]
    assert 0 < safe <= told == begun
    assert offsets(browser, "asked", "POST") == []


def test_a_page_that_is_loaded_anew_goes_on_where_it_was(service: Service, page: str) -> None:
    sha256 = sending.recording(service.folder / "memo.wav", sending.BYTES_PER_CUT)
    browser = opened(service, page)
    safe = sending.when_more_is_safe(service, browser, 0)
    browser.signal(signal.SIGHUP)
    assert_kept(service, browser, sha256)
    assert len(browser.lines("opened")) == 2
    assert_went_on(browser, safe)


def test_a_browser_that_ended_goes_on_where_it_was(service: Service, page: str) -> None:
    sha256 = sending.recording(service.folder / "memo.wav", sending.BYTES_PER_CUT)
    browser = opened(service, page)
    safe = sending.when_more_is_safe(service, browser, 0)
    browser.kill()
    eventually(lambda: not (service.folder / "profile" / "SingletonLock").is_symlink())
    browser = opened(service, page)
    assert_kept(service, browser, sha256)
    assert_went_on(browser, safe)


def test_a_page_can_read_why_it_is_refused(service: Service, page: str) -> None:
    sending.recording(service.folder / "memo.wav", sending.MIB)
    browser = opened(service, page, "disagreed")
    assert browser.ended() == 1
    (failed,) = browser.lines("failed")
    assert (failed["code"], failed["status"], service.count(models.Upload)) == ("consent-required", 422, 0)


def test_a_page_of_another_origin_may_ask_nothing(service: Service, page: str) -> None:
    sending.recording(service.folder / "memo.wav", sending.MIB)
    browser = opened(service, page.replace("127.0.0.1", "localhost"))
    assert browser.ended() == 1
    assert "blocked by CORS policy" in browser.log.read_text()
    assert (browser.lines("able"), service.count(models.Upload)) == ([], 0)
