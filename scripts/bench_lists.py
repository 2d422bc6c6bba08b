"""How lists, search and comparison do at 10, 1,000 and 100,000 made-up interviews: `make bench-lists`.

`--sizes 10 1000` chooses others; `--postgres` takes a Postgres server of its own, `--database-url` one that is there,
with an empty database.
"""

import argparse
import contextlib
import os
import sys
import time
from collections.abc import Iterator
from statistics import quantiles

import httpx
from many_rows import RARE_EMPLOYER, RARE_STATUS, RARE_WORD, fill
from service import ROOT, Service, running

SIZES = (10, 1_000, 100_000)
# At most so many requests of a kind, and after the first few at most about so many seconds of them.
ROUNDS, FEW, SECONDS = 40, 3, 5.0
DEEP, DEEP_PAGES = " deep", 100
ASKED = {
    "interviews": "/v1/interviews",
    "interviews, 100": "/v1/interviews?limit=100",
    "interviews, deep": "/v1/interviews?limit=20",
    "... status, rare": f"/v1/interviews?status={RARE_STATUS}",
    "... contact_id": "/v1/interviews?contact_id=person-7",
    "... by title": "/v1/interviews?sort=title",
    "... by title, deep": "/v1/interviews?sort=title&limit=20",
    "... q, often said": "/v1/interviews?q=morning",
    "... q, rarely said": f"/v1/interviews?q={RARE_WORD}",
    "... q, never said": "/v1/interviews?q=xylophone",
    "insights": "/v1/insights",
    "insights, deep": "/v1/insights?limit=20",
    "... category": "/v1/insights?category=compensation",
    "... state, rare": "/v1/insights?state=corrected",
    "... state, none": "/v1/insights?state=rejected",
    "... employer, rare": f"/v1/insights?employer={RARE_EMPLOYER.partition(' ')[0]}",
    "... employer, none": "/v1/insights?employer=xylophone",
    "... in quotes, rare": f"/v1/insights?q={RARE_WORD}",
    "... in quotes, never": "/v1/insights?q=xylophone",
    "search, rare word": f"/v1/search?q={RARE_WORD}",
    "search, never said": "/v1/search?q=xylophone",
    "search, word of many": "/v1/search?q=morning",
    "search, many, deep": "/v1/search?q=morning&limit=20",
    "search, a beginning": "/v1/search?q=mo",
    "search, two words": "/v1/search?q=pay+dollars",
    "search, phrase": "/v1/search?q=%22long+meetings%22",
    "search, no such phrase": "/v1/search?q=%22meetings+long%22",
    "comparison": "/v1/comparison",
    "... of a role": "/v1/comparison?role=nurse",
    "... of no role": "/v1/comparison?role=astronaut",
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", type=int, nargs="+", default=SIZES)
    parser.add_argument("--postgres", action="store_true")
    parser.add_argument("--database-url", default="")
    wanted = parser.parse_args()
    measured = {}
    with database(wanted) as url, running("app", database_url=url) as service:
        for size in sorted(wanted.sizes):
            began = time.perf_counter()
            fill(url or f"sqlite:///{service.data_dir / 'candid.db'}", size)
            print(f"{size:,} interviews are there after {time.perf_counter() - began:.0f} s", flush=True)
            measured[size] = ask(service)
    show(measured)


@contextlib.contextmanager
def database(wanted: argparse.Namespace) -> Iterator[str]:
    """The URL of an empty database; "" for the embedded default."""
    if not wanted.postgres:
        yield wanted.database_url
        return
    os.environ["CANDID_TEST_DATABASE"] = "postgres"
    sys.path.insert(0, str(ROOT))
    from tests import databases  # noqa: PLC0415  it reads the environment when it is imported

    with databases.empty(ROOT) as url:
        yield url


def ask(service: Service) -> dict[str, float]:
    """The 95th percentile of each question, in ms."""
    with service.client() as client:
        return {name: p95(client, deepened(client, path) if DEEP in name else path) for name, path in ASKED.items()}


def p95(client: httpx.Client, path: str) -> float:
    took: list[float] = []
    client.get(path).raise_for_status()
    while len(took) < ROUNDS and (len(took) < FEW or sum(took) < SECONDS * 1000):
        began = time.perf_counter()
        client.get(path).raise_for_status()
        took.append((time.perf_counter() - began) * 1000)
    return quantiles(took, n=20, method="inclusive")[18]


def deepened(client: httpx.Client, path: str) -> str:
    """The same question, many pages on."""
    url = httpx.URL(path)
    for _ in range(DEEP_PAGES):
        cursor = client.get(url).raise_for_status().json()["next_cursor"]
        if cursor is None:
            break
        url = url.copy_set_param("cursor", cursor)
    return str(url)


def show(measured: dict[int, dict[str, float]]) -> None:
    sizes = list(measured)
    print(f"\n{'p95 in ms, interviews:':24}" + "".join(f"{size:>10,}" for size in sizes) + "    growth")
    for name in ASKED:
        row = [measured[size][name] for size in sizes]
        print(f"{name:24}" + "".join(f"{one:10.1f}" for one in row) + f"{row[-1] / row[0]:9.1f}x")


if __name__ == "__main__":
    main()
