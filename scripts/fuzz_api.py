"""Fuzzes a fresh service from its own contract: every operation, every phase and every check of schemathesis.

`python scripts/fuzz_api.py [--examples N] [--seconds S] [--seed N]`: prints what was tried, and exits with 1 when
anything was found. `schemathesis.toml` says where the defaults do not fit this service, and why.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import httpx
from service import ROOT, Service, running

SAMPLE = ROOT / "sample" / "interview.m4a"
PHASES = "examples,coverage,fuzzing,stateful"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--examples", type=int, default=40, help="cases per operation and phase at most (default 40)")
    parser.add_argument("--seed", type=int, default=1, help="for the same cases again (default 1)")
    parser.add_argument("--phases", default=PHASES)
    parser.add_argument("--report", type=Path, help="a file for every request and answer, as NDJSON")
    asked = parser.parse_args()
    # No worker: fuzzing is about the contract, and hearing every upload would only take the processor away.
    with running("app", upload_window_s=5) as service, tempfile.TemporaryDirectory() as folder:
        auth = Path(folder) / "auth.yaml"
        auth.write_text(json.dumps(accounts(service)))
        sys.exit(fuzz(service, auth, asked))


def accounts(service: Service) -> dict[str, list[dict[str, object]]]:
    """Two people who must not see each other's things, each with interviews to find."""
    with service.client() as client:
        other = client.post(
            "/v1/api-keys", json={"name": "other", "scopes": ["read", "write", "keys"], "owner": "new"}
        )
        tokens = {"one": service.key, "other": other.raise_for_status().json()["token"]}
    for token in tokens.values():
        seed(service, token)
    header = "Authorization"
    return {
        "auth": [
            {"name": name, "fixedHeaders": [{"name": header, "value": f"Bearer {token}"}]}
            for name, token in tokens.items()
        ]
    }


def seed(service: Service, token: str) -> None:
    """An interview that is planned, and one with its recording."""
    with httpx.Client(base_url=service.url, headers={"Authorization": f"Bearer {token}"}) as client:
        client.post("/v1/interviews", json={"title": "Planned"}).raise_for_status()
        with SAMPLE.open("rb") as file:
            client.post("/v1/interviews", data={"consent": "true"}, files={"file": file}).raise_for_status()


def fuzz(service: Service, auth: Path, asked: argparse.Namespace) -> int:
    """The exit status of `st run`: 0 when nothing was found."""
    command = [
        *(sys.executable, "-m", "schemathesis.cli", "--config-file", str(ROOT / "schemathesis.toml")),
        *("run", f"{service.url}/openapi.json", "--checks", "all", "--phases", asked.phases),
        *("--max-examples", str(asked.examples), "--seed", str(asked.seed), "--generation-database", "none"),
        *(("--report-ndjson-path", str(asked.report)) if asked.report else ()),
    ]
    environment = os.environ | {"CANDID_FUZZ_AUTH": str(auth), "SCHEMATHESIS_TELEMETRY": "off"}
    return subprocess.run(command, cwd=ROOT, env=environment, check=False).returncode


if __name__ == "__main__":
    main()
