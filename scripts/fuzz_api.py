"""Fuzzes a fresh service from its own contract: every operation, every phase and every check of schemathesis.

`python scripts/fuzz_api.py [--examples N] [--seconds S] [--seed N]`: prints what was tried, and exits with 1 when
anything was found. `schemathesis.toml` says where the defaults do not fit this service, and why.
"""

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path

import httpx
from service import ROOT, Service, running

from app import insights, models, transcripts
from app.db import open_engine, writing
from app.transcripts import values

SAID = (
    ("S1", "What do you earn, if I may ask?"),
    ("S2", "I make about fifty-two thousand dollars a year."),
    ("S1", "And what do you love about it?"),
    ("S2", "What I love most is the quiet of the archive in the morning."),
)
SAMPLE = ROOT / "sample" / "interview.m4a"
INTERVIEWS = 24
KINDS = tuple(
    f"{noun}_id" for noun in ("interview", "job", "consent", "insight", "contact", "upload", "webhook", "delivery")
)
BEGUN = {"Tus-Resumable": "1.0.0", "Upload-Length": "100000", "Upload-Metadata": "consent dHJ1ZQ=="}
PLACEHOLDER = "${RUN}"
PHASES = "examples,coverage,fuzzing,stateful"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--examples", type=int, default=40, help="cases per operation and round at most (default 40)")
    parser.add_argument("--seconds", type=int, default=200, help="rounds until then (default 200); 0: one")
    parser.add_argument("--seed", type=int, default=1, help="for the same cases again (default 1)")
    parser.add_argument("--phases", default=PHASES)
    parser.add_argument("--report", type=Path, help="a file for every request and answer, as NDJSON")
    asked = parser.parse_args()
    # No worker: fuzzing is about the contract, and hearing every upload would only take the processor away.
    with running("app", upload_window_s=5) as service, tempfile.TemporaryDirectory() as folder:
        tokens = people(service)
        keep_secrets(Path(folder), tokens)
        furnish(service, tokens["other"], interviews=1)
        keep_ids(Path(folder), furnish(service, tokens["one"], interviews=INTERVIEWS))
        sys.exit(fuzz(service, Path(folder), asked))


def people(service: Service) -> dict[str, str]:
    """The tokens of two people who must not see each other's things."""
    with service.client() as client:
        wanted = {"name": "other", "scopes": ["read", "write", "keys"], "owner": "new"}
        made = client.post("/v1/api-keys", json=wanted).raise_for_status().json()
    return {"one": service.key, "other": made["token"]}


def keep_secrets(folder: Path, tokens: dict[str, str]) -> None:
    """For `auth.wfc` of schemathesis.toml; JSON is YAML too."""
    people = [
        {"name": name, "fixedHeaders": [{"name": "Authorization", "value": f"Bearer {token}"}]}
        for name, token in tokens.items()
    ]
    (folder / "auth.yaml").write_text(json.dumps({"auth": people}))


def furnish(service: Service, token: str, *, interviews: int) -> dict[str, list[str]]:
    """Interviews in every state that can be had without hearing; returns ids by the parameter that takes them."""
    ids: dict[str, list[str]] = {name: [] for name in KINDS}
    with httpx.Client(base_url=service.url, headers={"Authorization": f"Bearer {token}"}) as client:
        hook = client.post("/v1/webhooks", json={"url": "https://8.8.8.8/", "events": ["job.canceled"]})
        ids["webhook_id"].append(hook.raise_for_status().json()["id"])
        for number in range(interviews):
            with SAMPLE.open("rb") as file:
                form = {"consent": "true", "on_duplicate": "new"}
                sent = client.post("/v1/interviews", data=form, files={"file": file})
            made = sent.raise_for_status().json()
            ids["interview_id"].append(made["id"])
            ids["job_id"].append(made["job"]["id"])
            ids["consent_id"].append(made["consent"]["id"])
            if number % 4:
                client.post(f"/v1/jobs/{made['job']['id']}/cancel").raise_for_status()
                make_ready(service, made["id"])
        for _ in range(interviews // 4):
            planned = client.post("/v1/interviews", json={"title": "Planned"})
            ids["interview_id"].append(planned.raise_for_status().json()["id"])
            contact = client.post("/v1/contacts", json={"name": "Ada Okafor"})
            ids["contact_id"].append(contact.raise_for_status().json()["id"])
            begun = client.post("/v1/uploads", headers=BEGUN).raise_for_status()
            ids["upload_id"].append(begun.headers["location"].rpartition("/")[2])
        found = client.get("/v1/insights", params={"limit": 100}).raise_for_status().json()["items"]
        ids["insight_id"] = [insight["id"] for insight in found]
        told = client.get(hook.json()["links"]["deliveries"]).raise_for_status().json()["items"]
        ids["delivery_id"] = [delivery["id"] for delivery in told]
    return ids


def make_ready(service: Service, interview_id: str) -> None:
    """What a worker would have written, in a moment: a transcript, and what extraction finds in it."""
    spoken = [
        values.Segment(id=number, start_ms=number * 4000, end_ms=number * 4000 + 3900, speaker=speaker, text=text)
        for number, (speaker, text) in enumerate(SAID, 1)
    ]
    speakers = (values.Speaker(id="S1", role="interviewer"), values.Speaker(id="S2", role="interviewee"))
    transcript = values.Transcript(
        language="en", duration_ms=30_000, engine="none", model="none", speakers=speakers, segments=tuple(spoken)
    )
    engine = open_engine(f"sqlite:///{service.data_dir / 'candid.db'}")
    with writing(engine) as session:
        transcripts.add(session, interview_id, transcript, job_id=None)
        found = insights.find_in(*transcripts.current(session, interview_id))
        insights.keep(session, interview_id=interview_id, found=found)
        session.get_one(models.Interview, interview_id).status = "ready"
    engine.dispose()


def keep_ids(folder: Path, ids: dict[str, list[str]]) -> None:
    """For `dictionaries` of schemathesis.toml: an id that was made up finds nothing."""
    for name, known in ids.items():
        (folder / name).write_text("".join(f'"{one}"\n' for one in known))


def fuzz(service: Service, folder: Path, asked: argparse.Namespace) -> int:
    """The exit status of `st run`: 0 when nothing was found."""
    config = folder / "schemathesis.toml"
    config.write_text((ROOT / config.name).read_text().replace(PLACEHOLDER, str(folder)))
    command = [
        *(sys.executable, "-m", "schemathesis.cli", "--config-file", str(config)),
        *("run", f"{service.url}/openapi.json", "--phases", asked.phases),
        *("--max-examples", str(asked.examples), "--seed", str(asked.seed), "--generation-database", "none"),
        *(("--max-time", str(asked.seconds)) if asked.seconds else ()),
        *(("--report-ndjson-path", str(asked.report)) if asked.report else ()),
    ]
    return subprocess.run(command, cwd=ROOT, check=False).returncode


if __name__ == "__main__":
    main()
