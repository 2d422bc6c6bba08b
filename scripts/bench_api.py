"""How fast the API answers while the worker hears, against an idle worker, in one run: `make bench-api`."""

import time
from statistics import quantiles

import httpx
from service import ROOT, running

PATHS = ("/healthz", "/v1/interviews", "/v1/insights")
ROUNDS = 300
ACTIVE = ("queued", "transcribing", "extracting")


def main() -> None:
    with running("app", "workers") as service, service.client() as client:
        idle = measure(client)
        interview = upload(client)
        hearing = measure(client)
        still = client.get(interview).json()["status"] in ACTIVE
    print(f"{ROUNDS} requests each, in ms; the worker was {'hearing all the while' if still else 'DONE TOO EARLY'}\n")
    print(f"{'path':16} {'idle p50':>9} {'p99':>7} {'hearing p50':>12} {'p99':>7} {'p99 ratio':>10}")
    for path in PATHS:
        before, during = idle[path], hearing[path]
        print(
            f"{path:16} {before[0]:9.1f} {before[1]:7.1f} {during[0]:12.1f} {during[1]:7.1f}"
            f" {during[1] / before[1]:10.1f}"
        )


def upload(client: httpx.Client) -> str:
    """Two recordings, so that both slots are busy; returns the path of the later one."""
    sample = (ROOT / "sample" / "interview.m4a").read_bytes()
    for _ in range(2):
        form = {"consent": "true", "on_duplicate": "new"}
        sent = client.post("/v1/interviews", data=form, files={"file": ("sample.m4a", sample)})
    path: str = sent.json()["links"]["self"]
    while client.get(path).json()["status"] == "queued":
        time.sleep(0.1)
    return path


def measure(client: httpx.Client) -> dict[str, tuple[float, float]]:
    """Path -> (median, 99th percentile) in ms; the paths take turns, with a short pause after each."""
    took: dict[str, list[float]] = {path: [] for path in PATHS}
    for _ in range(ROUNDS):
        for path in PATHS:
            began = time.perf_counter()
            client.get(path).raise_for_status()
            took[path].append((time.perf_counter() - began) * 1000)
            time.sleep(0.005)
    return {path: (quantiles(times, n=100)[49], quantiles(times, n=100)[98]) for path, times in took.items()}


if __name__ == "__main__":
    main()
