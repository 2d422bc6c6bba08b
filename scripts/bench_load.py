"""Many uploads at once, and clients that dribble, with a person asking meanwhile: `make bench-load`.

`--uploads 50 --mib 100` and `--sockets 1000` are the defaults. What is written is removed again.
"""

import argparse
import contextlib
import os
import re
import socket
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from statistics import quantiles
from typing import TypeVar
from urllib.parse import urlsplit

from service import Service, running

MIB = 1024 * 1024
BLOCK = bytes(MIB)
Answer = TypeVar("Answer")

ASKED = ("/healthz", "/v1/interviews")
PAUSE_S = 0.02
DRIBBLE_S, REAPED_WITHIN_S = 1.0, 60
WAV = (
    b"RIFF\xff\xff\xff\x7fWAVEfmt \x10\x00\x00\x00\x01\x00\x01\x00"
    b"\x40\x1f\x00\x00\x80\x3e\x00\x00\x02\x00\x10\x00data\xff\xff\xff\x7f"
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--uploads", type=int, default=50)
    parser.add_argument("--mib", type=int, default=100)
    parser.add_argument("--sockets", type=int, default=1000)
    wanted = parser.parse_args()
    with running("app") as service:
        times_of("alone", service, lambda: time.sleep(5))
        uploads(service, wanted.uploads, wanted.mib)
        dribbling(service, wanted.sockets)


def uploads(service: Service, count: int, mib: int) -> None:
    """What the API takes, against files of the same size written by as many threads on the same disk."""
    plain = rate(count, mib, lambda number, folder: write_file(folder / str(number), mib))
    idle = memory_mib(service, "VmRSS")
    taken = times_of(f"{count} uploads", service, lambda: rate(count, mib, lambda _number, _folder: send(service, mib)))
    print(
        f"\n{count} x {mib} MiB at once: plain writing with fsync {plain:.0f} MiB/s, through the API {taken:.0f} MiB/s"
    )
    print(f"({taken / plain:.0%}); memory of the API {idle} MiB idle, {memory_mib(service, 'VmHWM')} MiB at most\n")


def rate(count: int, mib: int, work: Callable[[int, Path], None]) -> float:
    """MiB a second over all."""
    with tempfile.TemporaryDirectory(prefix="candid-load-") as folder, ThreadPoolExecutor(count) as threads:
        began = time.perf_counter()
        for done in [threads.submit(work, number, Path(folder)) for number in range(count)]:
            done.result()
        return count * mib / (time.perf_counter() - began)


def write_file(path: Path, mib: int) -> None:
    with path.open("wb") as file:
        for _ in range(mib):
            file.write(BLOCK)
        file.flush()
        os.fsync(file.fileno())


def send(service: Service, mib: int) -> None:
    """One recording over a socket of its own, from memory: the client costs as little as it can."""
    with connected(service) as link:
        link.sendall(head(service, "/v1/interviews?consent=true&on_duplicate=new", mib * MIB) + WAV)
        left = mib * MIB - len(WAV)
        while left > 0:
            link.sendall(BLOCK[:left])
            left -= min(left, MIB)
        status = link.recv(4096)[:12]
    if status != b"HTTP/1.1 201":
        raise SystemExit(f"an upload was answered {status!r}")


def head(service: Service, path: str, length: int) -> bytes:
    return (
        f"POST {path} HTTP/1.1\r\nHost: {urlsplit(service.url).netloc}\r\nAuthorization: Bearer {service.key}\r\n"
        f"Content-Type: audio/wav\r\nContent-Length: {length}\r\n\r\n"
    ).encode()


@contextlib.contextmanager
def connected(service: Service) -> Iterator[socket.socket]:
    url = urlsplit(service.url)
    with socket.create_connection((url.hostname, url.port), timeout=600) as link:
        yield link


def memory_mib(service: Service, name: str) -> int:
    """`VmRSS`, or `VmHWM`: the peak. 0 where there is no /proc."""
    status = Path(f"/proc/{service.processes['app'].pid}/status")
    found = re.search(rf"{name}:\s+(\d+)", status.read_text()) if status.exists() else None
    return int(found[1]) // 1024 if found else 0


def times_of(what: str, service: Service, work: Callable[[], Answer]) -> Answer:
    """Does the work, and prints what others waited meanwhile."""
    ended, took = threading.Event(), {path: list[float]() for path in ASKED}
    asking = threading.Thread(target=ask, args=(service, took, ended))
    asking.start()
    try:
        return work()
    finally:
        ended.set()
        asking.join()
        for path, times in took.items():
            cuts = quantiles(times, n=100, method="inclusive")
            print(
                f"{what:14} {path:16} {len(times):5} requests, p50 {cuts[49]:7.1f} ms, p99 {cuts[98]:7.1f} ms",
                flush=True,
            )


def ask(service: Service, took: dict[str, list[float]], ended: threading.Event) -> None:
    with service.client() as client:
        while not ended.wait(PAUSE_S) or min(map(len, took.values())) < 2:  # noqa: PLR2004  for a percentile
            for path in ASKED:
                began = time.perf_counter()
                client.get(path).raise_for_status()
                took[path].append((time.perf_counter() - began) * 1000)


def dribbling(service: Service, count: int) -> None:
    """A third each sends a head byte by byte, a body byte by byte, or nothing at all."""
    allow_files(2 * count)
    with contextlib.ExitStack() as stack:
        links = [stack.enter_context(connected(service)) for _ in range(count)]
        for link in links[1::3]:
            link.sendall(head(service, "/v1/interviews?consent=true", 10_000_000) + WAV)
        lived = times_of(f"{count} dribbling", service, lambda: lives(links))
    print(f"{len(lived)} of {count} reaped, the last after {max(lived):.0f} s")
    if len(lived) < count or max(lived) > REAPED_WITHIN_S:
        raise SystemExit(f"not all were reaped within {REAPED_WITHIN_S} s")


def lives(links: list[socket.socket]) -> list[float]:
    """How long each connection lasted, in seconds, of those that were ended."""
    began, lived = time.monotonic(), []
    left = dict(enumerate(links))
    for link in links:
        link.setblocking(False)
    while left and time.monotonic() - began < 2 * REAPED_WITHIN_S:
        for number in [number for number, link in left.items() if is_over(link, speaks=number % 3 < 2)]:  # noqa: PLR2004
            lived.append(time.monotonic() - began)
            del left[number]
        time.sleep(DRIBBLE_S)
    return lived


def is_over(link: socket.socket, *, speaks: bool) -> bool:
    try:
        if speaks:
            link.send(b"G")
        while link.recv(4096):
            pass
    except BlockingIOError:
        return False
    except OSError:
        pass
    return True


def allow_files(count: int) -> None:
    import resource  # noqa: PLC0415  Windows has none

    _soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, max(count, 1024)), hard))


if __name__ == "__main__":
    main()
