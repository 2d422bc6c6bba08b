"""Canaries: what was said, named, sent or kept secret gets into no log line, no number and no refusal."""

import json
import re
import signal
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from app import tracing
from app.api.guards import WATCHERS
from tests.collector import Collector
from tests.scenes import SOUND
from tests.tus import PIECE, VERSION, metadata
from tests.whole.service import KEY, ROOT, SAMPLE, Service, running

# One for each place where something comes in, so that a failure says which leaked.
PLACES = ("word", "file", "name", "search", "header", "path", "body", "title", "address", "once")
WORD, FILE, NAME, SEARCH, HEADER, PATH, BODY, TITLE, ADDRESS, ONCE = (f"zyx{place}quokka" for place in PLACES)
BAD_KEY = f"cdd_{'f' * 32}_{'zyxkeyquokka' * 4}"
# As a client of tus says it: in base64.
ABOUT = metadata(consent="true", filename=f"{FILE}.m4a", title=TITLE, interviewee=NAME)
SECRETS = (WORD, FILE, NAME, SEARCH, HEADER, PATH, BODY, TITLE, ADDRESS, ONCE, "zyxkeyquokka", KEY.rpartition("_")[2])
PAY = f"I make fifty thousand dollars a year at {WORD}."
TURNS = {
    "turns": [
        {"speaker": "S1", "text": f"What do you like about {WORD}?"},
        {"speaker": "S2", "text": PAY},
        {"speaker": "S2", "text": f"You should talk to Priya {NAME}, our head of design, I can introduce you to her."},
    ]
}
DOCUMENT = json.loads((ROOT / "openapi" / "openapi.json").read_text())
UNLIMITED = {f"CANDID_{kind}_PER_MINUTE": "0" for kind in ("READS", "WRITES", "UPLOADS")}


class Talk:
    """Everything that is asked of a service, and what it answers when it refuses."""

    def __init__(self, service: Service) -> None:
        self.service, self.refusals = service, list[str]()
        # Made by the service and told once: secrets of keys and webhooks.
        self.secrets: list[str] = ABOUT.replace(",", " ").split()[1::2]
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
    hook = {"url": f"https://8.8.8.8/{ADDRESS}", "events": ["job.canceled"], "description": NAME}
    webhook = talk.ask("POST", "/v1/webhooks", json=hook).json()
    talk.secrets += [key["token"].rpartition("_")[2], webhook["secret"].removeprefix("whsec_")]
    begun = talk.ask("POST", "/v1/uploads", headers=VERSION | {"Upload-Length": "4000", "Upload-Metadata": ABOUT})
    return {
        "interview_id": heard["id"],
        "job_id": made["job"]["id"],
        "consent_id": heard["consent"]["id"],
        "insight_id": insight.json()["id"],
        "contact_id": contact["id"],
        "key_id": key["id"],
        "webhook_id": webhook["id"],
        "upload_id": begun.headers["location"].rpartition("/")[2],
        "made_id": made["id"],
        "segment_id": "1",
        "speaker_id": "S1",
    }


def operations() -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, verbs in DOCUMENT["paths"].items():
        for verb, about in verbs.items():
            yield verb, path, about


def right_ways(talk: Talk, known: dict[str, str]) -> None:
    """What changes something and was not asked in `furnish`, and everything that only tells."""
    here, made = f"/v1/interviews/{known['interview_id']}", f"/v1/interviews/{known['made_id']}"
    webhook, job = f"/v1/webhooks/{known['webhook_id']}", f"/v1/jobs/{known['job_id']}"
    talk.ask("PATCH", here, json={"title": TITLE, "employer": NAME, "hold": {"reason": NAME}})
    talk.ask("PATCH", f"{here}/transcript/segments/1", json={"text": f"Do you like {WORD} much?"})
    talk.ask("PATCH", f"{here}/transcript/speakers/S1", json={"name": NAME})
    talk.ask("PATCH", f"/v1/contacts/{known['contact_id']}", json={"note": f"{NAME} again"})
    talk.ask("PATCH", f"/v1/insights/{known['insight_id']}", json={"note": f"{WORD} again"})
    talk.ask("PATCH", webhook, json={"description": f"{NAME} again", "url": f"https://8.8.8.8/{ADDRESS}/2"})
    talk.secrets.append(talk.ask("POST", f"{webhook}/secrets").json()["secret"].removeprefix("whsec_"))
    person = {"role": "interviewee", "name": NAME}
    consent = {"participants": [person], "purposes": ["record"], "method": "email"}
    talk.ask("POST", "/v1/consents", json=consent | {"interview_id": known["interview_id"]})
    talk.ask("POST", f"{made}/transcriptions", json={"vocabulary": [WORD]}, headers={"Idempotency-Key": ONCE})
    known["again_id"] = talk.ask("GET", made).json()["job"]["id"]
    talk.ask("POST", f"/v1/jobs/{known['again_id']}/cancel")
    talk.ask("POST", f"/v1/jobs/{known['again_id']}/retry", headers={"Idempotency-Key": ONCE})
    talk.ask("POST", f"/v1/jobs/{known['again_id']}/cancel")
    # Only now is there something to be told of: no worker is there that would tell it to anybody.
    known["delivery_id"] = talk.ask("GET", f"{webhook}/deliveries").json()["items"][0]["id"]
    talk.ask("POST", f"{webhook}/deliveries/{known['delivery_id']}/retry", headers={"Idempotency-Key": ONCE})
    talk.ask("POST", f"{here}/extractions", headers={"Idempotency-Key": ONCE})
    talk.ask(
        "PATCH", f"/v1/uploads/{known['upload_id']}", headers=VERSION | PIECE | {"Upload-Offset": "0"}, content=b""
    )
    assert talk.ask("GET", f"{here}/conversation", params={"format": "svg"}).status_code == 200
    planned = talk.ask("POST", "/v1/interviews", json={"title": TITLE}).json()["links"]["self"]
    sound = {"content": SOUND, "headers": {"Content-Type": "audio/wav"}, "params": {"consent": "true"}}
    talk.ask("PUT", f"{planned}/recording", params={"filename": FILE, **sound.pop("params")}, **sound)
    for path, query in (("/v1/search", {"q": WORD}), ("/v1/interviews", {"q": NAME}), ("/v1/insights", {"q": WORD})):
        talk.ask("GET", path, params=query)
    for verb, template, _about in operations():
        if verb in ("get", "head", "options"):
            where = known | ({"interview_id": known["made_id"]} if "recording" in template else {})
            talk.ask(verb, template.format_map(where), headers=VERSION if "uploads" in template else None)
    assert talk.ask("GET", f"{job}/events").status_code == 200


def wrong_ways(talk: Talk, known: dict[str, str]) -> None:
    """Every operation, asked in each way that is wrong: body, each query and header that it takes, key.

    Only a member that does not exist is named in a refusal, by its pointer: whoever has misspelt it must find it.
    """
    for verb, template, about in operations():
        path = template.format_map(known)
        bodies = [{"json": {"unknown": BODY, "title": {"x": BODY}}}, {"content": f'{{"{BODY}', "headers": JSON}]
        bodies += [{"content": BODY, "headers": {"Content-Type": kind}} for kind in ("text/vtt", "audio/wav", "x/y")]
        for body in bodies if "requestBody" in about else []:
            talk.ask(verb, path, **body)
        talk.ask(verb, path, params={SEARCH: SEARCH})
        for parameter in about.get("parameters", []):
            name = parameter["name"]
            if parameter["in"] == "query":
                talk.ask(verb, path, params={name: SEARCH})
            elif parameter["in"] == "header":
                talk.ask(verb, path, headers=(VERSION if "uploads" in path else {}) | {name: f"{HEADER} {HEADER}"})
        talk.ask(verb, path, headers={"If-Match": f'"{HEADER}"', "Content-Type": f"text/{HEADER}", "Range": HEADER})
        talk.ask(verb, path, headers={"X-Request-Id": "x y", "Accept": f"text/{HEADER}"}, params={"q": SEARCH})
        talk.ask(verb, path, headers={"Authorization": f"Bearer {BAD_KEY}"})
        talk.ask(verb, path, headers={"Authorization": f"Basic {HEADER}"})


PARENT = f"00-{'a' * 32}-{'b' * 16}-01"
JSON = {"Content-Type": "application/json"}


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
        talk.client.get(path, headers={"Host": f"{HEADER}.example"})
        talk.client.get(path, headers={"traceparent": PARENT, "tracestate": f"k={HEADER}", "baggage": f"k={HEADER}"})


def sounds(talk: Talk) -> None:
    """Recordings that the door refuses, and one that only the decoder finds out about."""
    for content in (f"{BODY}" * 100, SOUND[:40].decode("latin-1") + BODY * 50, ""):
        files = {"file": (f"{FILE}.wav", content.encode("latin-1"))}
        talk.ask("POST", "/v1/interviews", data={"consent": "true", "title": TITLE}, files=files)
        talk.ask("POST", "/v1/interviews", data={"title": TITLE}, files=files)


def refused_uploads(talk: Talk, known: dict[str, str]) -> None:
    """What comes in pieces and is no recording, has another hash or offset; and webhooks that lead inside."""
    begin = VERSION | {"Upload-Length": "4000", "Upload-Metadata": ABOUT, "Idempotency-Key": ONCE}
    for _ in range(2):
        path = talk.ask("POST", "/v1/uploads", headers=begin).headers["location"]
    talk.ask("POST", "/v1/uploads", headers=begin | {"Upload-Length": "4001"})
    for said in (f"title {TITLE}", f"{BODY} {BODY}=", metadata(consent="true", surprise=BODY), metadata(title=TITLE)):
        talk.ask("POST", "/v1/uploads", headers=begin | {"Upload-Metadata": said, "Idempotency-Key": f"{ONCE}2"})
    piece = VERSION | PIECE | {"Upload-Offset": "0"}
    talk.ask("PATCH", path, headers=piece | {"Upload-Checksum": f"sha1 {HEADER}"}, content=BODY)
    talk.ask("PATCH", path, headers=piece | {"Upload-Offset": "7"}, content=BODY)
    talk.ask("PATCH", path, headers=piece, content=f"{BODY}" * 100)
    for url in (f"https://127.0.0.1/{ADDRESS}", f"http://8.8.8.8/{ADDRESS}", f"https://{ADDRESS}.invalid/", ADDRESS):
        talk.ask("POST", "/v1/webhooks", json={"url": url, "events": ["job.failed"]})
        talk.ask("PATCH", f"/v1/webhooks/{known['webhook_id']}", json={"url": url})


def ends(talk: Talk, known: dict[str, str]) -> None:
    talk.ask("PATCH", f"/v1/insights/{known['insight_id']}", json={"note": f"{WORD} again", "quote": f"not {WORD}"})
    talk.ask("GET", "/v1/comparison", params={"role": SEARCH})
    for kind in ("insight", "contact", "webhook", "upload"):
        talk.ask("DELETE", f"/v1/{kind}s/{known[f'{kind}_id']}", headers=VERSION)
    talk.ask("DELETE", f"/v1/api-keys/{known['key_id']}")
    talk.ask("POST", f"/v1/consents/{known['consent_id']}/withdraw", json={"reason": NAME})
    talk.ask("GET", f"/v1/interviews/{known['interview_id']}/transcript")
    talk.ask("DELETE", f"/v1/interviews/{known['interview_id']}")


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """What a whole day of a service leaves to be read: lines, numbers, refusals."""
    with (
        Collector() as there,
        running(
            tmp_path_factory.mktemp("canaries"),
            CANDID_LOG_LEVEL="debug",
            CANDID_OTLP_ENDPOINT=there.url,
            # Every span counts here, however fast they come.
            OTEL_BSP_MAX_QUEUE_SIZE="100000",
            **UNLIMITED,
        ) as service,
    ):
        talk = Talk(service)
        with talk.client:
            known = furnish(talk)
            sounds(talk)
            worker = service.odd_worker("--once")
            worker.ended()
            right_ways(talk, known)
            wrong_ways(talk, known)
            refused_uploads(talk, known)
            odd_paths(talk)
            ends(talk, known)
            numbers = talk.client.get("/metrics").text
        # Lines come when all is done that an answer has promised.
        service.started[0].signal(signal.SIGTERM)
        service.started[0].ended()
        return {
            "api": service.started[0].log.read_text(),
            "worker": worker.log.read_text(),
            "numbers": numbers,
            "refusals": "\n".join(talk.refusals),
            "secrets": " ".join(talk.secrets),
            # As they came: nothing can hide in a part that is not decoded.
            "spans": there.raw.decode("latin-1"),
            "traced": json.dumps([[seen.service, seen.name, seen.facts] for seen in there.spans]),
        }


@pytest.mark.parametrize("where", ["api", "worker", "numbers", "refusals", "spans"])
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


def test_every_operation_was_asked_rightly_and_wrongly(told: dict[str, str]) -> None:
    lines = [json.loads(line) for line in told["api"].splitlines() if line.startswith("{")]
    answered = [
        (line["method"].lower(), line["route"], line["status"]) for line in lines if line["event"] == "answered"
    ]
    every = {(verb, path) for verb, path, _about in operations()}
    assert every - {(verb, route) for verb, route, status in answered if status < 400} == set()
    assert every - {(verb, route) for verb, route, status in answered if status >= 400} == set()


def test_every_operation_was_traced_but_what_machines_ask_all_the_time(told: dict[str, str]) -> None:
    names = {name for service, name, _facts in json.loads(told["traced"]) if service == "candid-api"}
    every = {f"{verb.upper()} {path}" for verb, path, _about in operations() if path not in WATCHERS}
    assert every - names == set()
    assert not {name for name in names if name.partition(" ")[2] in WATCHERS}


def test_every_span_says_only_what_is_on_the_list(told: dict[str, str]) -> None:
    found = {fact for _service, _name, facts in json.loads(told["traced"]) for fact in facts}
    assert found <= {name.removeprefix("candid.") for name in tracing.KEPT}
    assert {"request", "interview", "job", "attempt", "key_id", "code", "http.route"} <= found


def test_the_steps_of_a_job_were_traced(told: dict[str, str]) -> None:
    names = {name for service, name, _facts in json.loads(told["traced"]) if service == "candid-worker"}
    assert names >= {"transcription", "prepare", "hear", "tell_apart", "keep", "extract", "finish"}


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
