"""Kills the service again and again: `python -m scripts.chaos --kills N [--seed S] [--grounds G] [--elsewhere]`.

Prints for each failpoint how often a process was killed there and what came of it, and exits with 1 when anything was
lost, doubled, stuck, left behind or corrupt. On Postgres with CANDID_TEST_DATABASE=postgres.
"""

import argparse
import random
import sys

from tests.whole.chaos import rounds


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--seed", type=int, help="for the same kills again (default: another each time)")
    parser.add_argument("--grounds", type=int, default=1, help="installations that are killed at the same time")
    parser.add_argument("--elsewhere", action="store_true", help="each worker as if on a machine of its own")
    parser.add_argument("--at", default="", help="only at failpoints whose names begin so, such as `erase:`")
    asked = parser.parse_args()
    seed = asked.seed if asked.seed is not None else random.SystemRandom().randrange(10**6)
    print(f"{asked.kills} kills, SEED={seed}", flush=True)
    options = {"seed": seed, "elsewhere": asked.elsewhere, "at": asked.at}
    report = rounds.run_beside(asked.kills, asked.grounds, **options)
    print(*report.table(), sep="\n")
    print(*report.faults, sep="\n")
    print(f"{report.took_s:.0f} s, SEED={seed}")
    return 1 if report.faults else 0


if __name__ == "__main__":
    sys.exit(main())
