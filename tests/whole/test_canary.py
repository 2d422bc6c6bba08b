"""Canaries: what was said, named, sent or kept secret gets into no log line, no number and no refusal."""

import base64
import json
import re
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from tests.scenes import SOUND
from tests.whole.service import KEY, ROOT, SAMPLE, Service, running

# One for each place where something comes in, so that a failure says which leaked.
WORD, FILE, NAME, SEARCH, HEADER, PATH, BODY, TITLE = (
    f"zyx{place}quokka" for place in ("word", "file", "name", "search", "header", "path", "body", "title")
)
BAD_KEY = f"cdd_{'f' * 32}_{'zyxkeyquokka' * 4}"
SECRETS = (WORD, FILE, NAME, SEARCH, HEADER, PATH, BODY, TITLE, "zyxkeyquokka", KEY.rpartition("_")[2])
PAY = f"I make fifty thousand dollars a year at {WORD}."
TURNS = {
    "turns": [
        {"speaker": "S1", "text": f"What do you like about {WORD}?"},
        {"speaker": "S2", "text": PAY},
        {"speaker": "S2", "text": f"You should talk to Priya {NAME}, our head of design, I can introduce you to her."},
    ]
}
DOCUMENT = json.loads((ROOT / "openapi" / "openapi.json").read_text())


class Talk:
    """Everything that is asked of a service, and what it answers when it refuses."""

    def __init__(self, service: Service) -> None:
        self.service, self.refusals, self.secrets = service, list[str](), list[str]()
        self.client = httpx.Client(base_url=service.url, headers={"Authorization": f"Bearer {KEY}"}, timeout=60)

    def ask(self, verb: str, path: str, **request: Any) -> httpx.Response:
        answer = self.client.request(verb, path, **request)
        if answer.status_code >= 400:
            self.refusals.append(answer.text + str(answer.headers))
        return answer


def furnish(talk: Talk) -> dict[str, str]:
    """One of everything, each with a canary in every field that takes words."""
    form = {"consent": "true", "title": TITLE, "interviewee": NAME, "vocabulary": WORD, "employer": NAME}
    made = talk.ask("POST", "/v1/interviews", data=form, files={"file": (f"{FILE}.m4a", SAMPLE.read_bytes())}).json()
    heard = talk.ask("POST", "/v1/interviews", json={"title": TITLE, "consent": True}).json()
    here = heard["links"]["self"]
    talk.ask("PUT", f"{here}/questions", json={"questions": [f"Do you like {WORD}?"]})
    assert talk.ask("PUT", f"{here}/transcript", json=TURNS).status_code in (200, 201)
    insight = talk.ask("POST", f"{here}/insights", json={"quote": PAY, "categories": ["compensation"], "note": WORD})
    contact = talk.ask("POST", "/v1/contacts", json={"name": NAME, "note": NAME}).json()
    key = talk.ask("POST", "/v1/api-keys", json={"name": NAME, "scopes": ["read"]}).json()
    about = f"consent {base64.b64encode(b'true').decode()},filename {base64.b64encode(FILE.encode()).decode()}"
    upload = talk.ask("POST", "/v1/uploads", headers=TUS | {"Upload-Length": "1000", "Upload-Metadata": about})
    hook = {"url": f"https://8.8.8.8/{WORD}", "events": ["job.canceled"], "description": NAME}
    webhook = talk.ask("POST", "/v1/webhooks", json=hook).json()
    talk.secrets.append(webhook["secret"])
    files = {"file": (f"{FILE}.m4a", SAMPLE.read_bytes())}
    canceled = talk.ask("POST", "/v1/interviews", data=form | {"on_duplicate": "new"}, files=files).json()
    talk.ask("POST", f"/v1/jobs/{canceled['job']['id']}/cancel")
    # Nothing is to be sent from here: what would have been is in the log of deliveries.
    talk.ask("PATCH", f"/v1/webhooks/{webhook['id']}", json={"enabled": False})
    (delivery,) = talk.ask("GET", f"/v1/webhooks/{webhook['id']}/deliveries").json()["items"]
    return {
        "upload_id": upload.headers["location"].rpartition("/")[2],
        "webhook_id": webhook["id"],
        "delivery_id": delivery["id"],
        "interview_id": heard["id"],
        "job_id": made["job"]["id"],
        "consent_id": heard["consent"]["id"],
        "insight_id": insight.json()["id"],
        "contact_id": contact["id"],
        "key_id": key["id"],
        "segment_id": "1",
        "speaker_id": "S1",
    }


def operations() -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, verbs in DOCUMENT["paths"].items():
        for verb, about in verbs.items():
            # The stream of a job that waits has no end.
            if not path.endswith("/events"):
                yield verb, path, about


def wrong_ways(talk: Talk, known: dict[str, str]) -> None:
    """Every operation, asked in each way that is wrong: body, query, header, key.

    Only a member that does not exist is named in a refusal, by its pointer: whoever has misspelt it must find it.
    """
    for verb, template, about in operations():
        path = template.format_map(known)
        bodies = [{"json": {"unknown": BODY, "title": {"x": BODY}}}, {"content": f'{{"{BODY}', "headers": JSON}]
        bodies += [{"content": BODY, "headers": {"Content-Type": kind}} for kind in ("text/vtt", "audio/wav", "x/y")]
        for body in bodies if "requestBody" in about else []:
            talk.ask(verb, path, **body)
        talk.ask(verb, path, params={SEARCH: SEARCH})
        if verb in ("get", "head"):
            headers = {"If-None-Match": HEADER, "Range": HEADER, "Accept": f"text/{HEADER}", "X-Request-Id": "x y"}
            talk.ask(verb, path, params={"q": SEARCH, "cursor": SEARCH}, headers=headers)
        else:
            talk.ask(verb, path, headers={"If-Match": f'"{HEADER}"', "Content-Type": f"text/{HEADER}"})
        talk.ask(verb, path, headers={"Authorization": f"Bearer {BAD_KEY}"})
        talk.ask(verb, path, headers={"Authorization": f"Basic {HEADER}"})


JSON = {"Content-Type": "application/json"}
TUS = {"Tus-Resumable": "1.0.0"}


def odd_paths(talk: Talk) -> None:
    """A refusal names the path that was asked for, which is right; a line and a number must not."""
    for path in (
        f"/{PATH}",
        f"/v1/interviews/{PATH}",
        f"/v1/jobs/{PATH}/events",
        f"/v1/interviews/int_{PATH}/erasures",
    ):
        talk.client.get(path)
        talk.client.request(PATH.upper(), path)


def sounds(talk: Talk) -> None:
    """Recordings that the door refuses, and one that only the decoder finds out about."""
    for content in (f"{BODY}" * 100, SOUND[:40].decode("latin-1") + BODY * 50, ""):
        files = {"file": (f"{FILE}.wav", content.encode("latin-1"))}
        talk.ask("POST", "/v1/interviews", data={"consent": "true", "title": TITLE}, files=files)
        talk.ask("POST", "/v1/interviews", data={"title": TITLE}, files=files)


def ends(talk: Talk, known: dict[str, str]) -> None:
    talk.ask("PATCH", f"/v1/insights/{known['insight_id']}", json={"note": f"{WORD} again", "quote": f"not {WORD}"})
    talk.ask("GET", "/v1/interviews", params={"q": SEARCH})
    talk.ask("GET", "/v1/comparison", params={"role": SEARCH})
    talk.ask("POST", f"/v1/consents/{known['consent_id']}/withdraw", json={"reason": NAME})
    talk.ask("GET", f"/v1/interviews/{known['interview_id']}/transcript")
    talk.ask("DELETE", f"/v1/interviews/{known['interview_id']}")


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """What a whole day of a service leaves to be read: lines, numbers, refusals."""
    with running(tmp_path_factory.mktemp("canaries"), CANDID_LOG_LEVEL="debug") as service:
        talk = Talk(service)
        with talk.client:
            known = furnish(talk)
            sounds(talk)
            worker = service.odd_worker("--once")
            worker.ended()
            wrong_ways(talk, known)
            odd_paths(talk)
            ends(talk, known)
            numbers = talk.client.get("/metrics").text
        return {
            "api": service.started[0].log.read_text(),
            "worker": worker.log.read_text(),
            "numbers": numbers,
            "refusals": "\n".join(talk.refusals),
            "secrets": " ".join(talk.secrets),
        }


@pytest.mark.parametrize("where", ["api", "worker", "numbers", "refusals"])
def test_no_canary_sings(told: dict[str, str], where: str) -> None:
    secrets = (*SECRETS, *told["secrets"].split())
    assert [secret for secret in secrets if secret in told[where].lower() or secret in told[where]] == []


def test_the_day_was_long_enough_to_mean_something(told: dict[str, str]) -> None:
    lines = [json.loads(line) for line in told["api"].splitlines() if line.startswith("{")]
    answered = [line for line in lines if line["event"] == "answered"]
    refused = {line["code"] for line in answered if "code" in line}
    assert len({line["route"] for line in answered}) >= len(DOCUMENT["paths"]) - 1
    assert refused >= {"invalid-request", "json-invalid", "key-refused", "not-audio", "cursor-invalid"}
    assert "internal" not in refused
    assert {"begun", "heard", "ended"} <= {
        json.loads(line)["event"] for line in told["worker"].splitlines() if line[:1] == "{"
    }


def test_a_line_of_a_request_has_its_ids_and_what_became_of_it(told: dict[str, str]) -> None:
    lines = [json.loads(line) for line in told["api"].splitlines() if line.startswith("{")]
    line = next(
        line
        for line in lines
        if line["event"] == "answered"
        and line["route"] == "/v1/interviews/{interview_id}/transcript"
        and "code" in line
    )
    assert re.fullmatch("req_[0-9a-f]{32}", line["request"])
    assert line["interview"].startswith("int_")
    assert {"method", "status", "duration_ms", "at", "level"} <= line.keys()


def test_a_line_of_the_worker_has_interview_job_and_attempt(told: dict[str, str]) -> None:
    lines = [json.loads(line) for line in told["worker"].splitlines() if line.startswith("{")]
    heard = next(line for line in lines if line["event"] == "heard")
    assert (heard["interview"][:4], heard["job"][:4], heard["attempt"]) == ("int_", "job_", 1)
