"""Asking a model over HTTP: forms, failures that pass, failures that stay, and what is never done."""

import asyncio
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
import stamina
from hypothesis import given
from hypothesis import strategies as st

from app.extraction import Turn
from tests.llm_server import (
    MODEL,
    Behaviour,
    FakeLlm,
    cut_off,
    drips,
    hangs,
    is_giant,
    redirects_to,
    says,
    status,
    takes_only,
)
from workers.llm import client as http
from workers.llm import lines, prompt
from workers.llm.client import Client, Endpoint
from workers.llm.faults import AnswerUnusable, EndpointAway, LlmFault, TooLong

PART = lines.of([Turn("S1", None, "I like the sea. It is quiet.")])


@pytest.fixture
def llm() -> Iterator[FakeLlm]:
    with FakeLlm() as llm:
        yield llm


@pytest.fixture
def hasty() -> Iterator[None]:
    """As many tries as ever, without the pauses between them."""
    with stamina.set_testing(True, attempts=http.TRIES):
        yield


def ask(endpoint: Endpoint, times: int = 1) -> list[str]:
    async def asking() -> list[str]:
        async with Client(endpoint) as client:
            return [await client.ask(prompt.messages(PART)) for _time in range(times)]

    return asyncio.run(asking())


def test_the_request_is_the_one_that_all_servers_know(llm: FakeLlm) -> None:
    ask(llm.endpoint(key="sk-ours"))
    asked = llm.asked[0]
    assert (asked.path, asked.headers["authorization"]) == ("/v1/chat/completions", "Bearer sk-ours")
    assert [message["role"] for message in asked.body["messages"]] == ["system", "user"]
    assert (asked.body["model"], asked.response_format, asked.body.get("stream")) == (MODEL, "json_schema", None)


def test_without_a_key_none_is_sent(llm: FakeLlm) -> None:
    ask(llm.endpoint())
    assert "authorization" not in llm.asked[0].headers


@pytest.mark.parametrize(("form", "tries"), [("json_schema", 2), ("json_object", 3), (None, 4)])
def test_a_server_is_asked_in_the_strictest_form_it_takes_and_then_in_that(
    llm: FakeLlm, form: str | None, tries: int
) -> None:
    llm.always(takes_only(form))
    ask(llm.endpoint(), times=2)
    assert len(llm.asked) == tries + 1
    assert [asked.response_format for asked in llm.asked[-2:]] == [form, form]


def test_a_server_that_takes_no_form_is_not_asked_for_ever(llm: FakeLlm) -> None:
    llm.always(status(400))
    with pytest.raises(EndpointAway, match="request-refused"):
        ask(llm.endpoint())
    assert len(llm.asked) == len(http.FORMS)


def test_what_is_refused_after_others_were_taken_is_refused_for_what_is_in_it(llm: FakeLlm) -> None:
    llm.next(says("{}")).always(status(400))
    with pytest.raises(TooLong):
        ask(llm.endpoint(), times=2)
    assert len(llm.asked) == 2


@pytest.mark.parametrize(
    "refusal",
    [
        status(413),
        status(400, b'{"error": {"code": "context_length_exceeded"}}'),
        status(400, b'{"error": {"message": "the request exceeds the available context size"}}'),
        cut_off,
    ],
)
def test_what_does_not_fit_is_told_apart_from_other_failures(llm: FakeLlm, refusal: Behaviour) -> None:
    llm.next(refusal)
    with pytest.raises(TooLong):
        ask(llm.endpoint())
    assert len(llm.asked) == 1


@pytest.mark.usefixtures("hasty")
@pytest.mark.parametrize("passing", [status(429), status(500), status(503), status(529), status(408)])
def test_what_may_pass_is_tried_again(llm: FakeLlm, passing: Behaviour) -> None:
    llm.next(passing, passing, says("at last"))
    assert ask(llm.endpoint()) == ["at last"]
    assert len(llm.asked) == 3


@pytest.mark.usefixtures("hasty")
def test_what_does_not_pass_is_given_up_after_a_few_tries(llm: FakeLlm) -> None:
    llm.always(status(503))
    with pytest.raises(EndpointAway, match="status-503"):
        ask(llm.endpoint())
    assert len(llm.asked) == http.TRIES


@pytest.mark.parametrize("code", [401, 403, 404, 307])
def test_what_cannot_pass_is_not_tried_again(llm: FakeLlm, code: int) -> None:
    llm.always(status(code))
    with pytest.raises(EndpointAway, match=f"status-{code}"):
        ask(llm.endpoint())
    assert len(llm.asked) == 1


def test_who_says_when_to_come_back_is_asked_again_then(llm: FakeLlm) -> None:
    llm.next(status(429, Retry_After="1"), says("at last"))
    began = time.monotonic()
    assert ask(llm.endpoint()) == ["at last"]
    assert 1.0 <= time.monotonic() - began < 3


def test_who_says_to_come_back_much_later_is_not_waited_for(llm: FakeLlm) -> None:
    llm.always(status(429, Retry_After="3600"))
    with pytest.raises(EndpointAway):
        ask(llm.endpoint())
    assert len(llm.asked) == 1


@pytest.mark.usefixtures("hasty")
@pytest.mark.parametrize("slow", [hangs, drips])
def test_an_answer_that_takes_too_long_is_left_alone(llm: FakeLlm, slow: Behaviour) -> None:
    llm.next(slow, says("at last"))
    began = time.monotonic()
    assert ask(llm.endpoint(timeout_s=0.3)) == ["at last"]
    assert time.monotonic() - began < 2


def test_all_tries_together_have_an_end(llm: FakeLlm) -> None:
    llm.always(status(503, Retry_After="20"))
    began = time.monotonic()
    with pytest.raises(EndpointAway, match="timeout"):
        ask(replace(llm.endpoint(timeout_s=0.3), patience_s=0.2))
    assert time.monotonic() - began < 2


@pytest.mark.usefixtures("hasty")
def test_where_nobody_listens_there_is_no_answer(llm: FakeLlm) -> None:
    llm.__exit__(None, None, None)
    with pytest.raises(EndpointAway, match="unreachable"):
        ask(llm.endpoint())


@pytest.mark.parametrize("host", ["a" * 70 + ".example", "[::1", "xn--a-\x7f"])
def test_a_host_that_cannot_be_is_one_that_does_not_answer(llm: FakeLlm, host: str) -> None:
    with stamina.set_testing(True, attempts=1), pytest.raises(EndpointAway, match="unreachable"):
        ask(replace(llm.endpoint(), url=f"http://{host}/v1"))


def test_a_redirect_is_not_followed(llm: FakeLlm) -> None:
    with FakeLlm() as elsewhere:
        llm.always(redirects_to(elsewhere.url))
        with pytest.raises(EndpointAway, match="status-307"):
            ask(llm.endpoint(key="sk-ours"))
        assert elsewhere.asked == []


def test_a_proxy_of_the_environment_is_not_asked(llm: FakeLlm, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    assert ask(llm.endpoint())


@pytest.mark.parametrize("answer", [is_giant, status(200, b"<html>"), status(200, b'{"choices": []}')])
def test_a_body_that_is_no_completion_is_unusable(llm: FakeLlm, answer: Behaviour) -> None:
    llm.always(answer)
    with pytest.raises(AnswerUnusable):
        ask(llm.endpoint())


def test_neither_key_nor_words_are_in_what_is_raised_or_shown(llm: FakeLlm) -> None:
    llm.always(status(401, b'{"error": "sk-ours is no key"}'))
    with pytest.raises(LlmFault) as raised:
        ask(llm.endpoint(key="sk-ours"))
    assert "sk-ours" not in repr(llm.endpoint(key="sk-ours")) + repr(raised.value)


NOW = datetime(2026, 7, 1, 12, 0, tzinfo=UTC)


@given(st.integers(0, 10**6))
def test_seconds_to_wait_are_read_as_number_and_as_date(seconds: int) -> None:
    date = format_datetime(NOW + timedelta(seconds=seconds), usegmt=True)
    assert http.retry_after_s(str(seconds), now=NOW) == http.retry_after_s(date, now=NOW) == seconds


@given(st.text())
def test_a_wait_that_is_none_does_no_harm(value: str) -> None:
    found = http.retry_after_s(value, now=NOW)
    assert found is None or found >= 0
