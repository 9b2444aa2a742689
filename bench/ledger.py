"""Measure how long a license ledger takes to verify and to append to.

    python bench/ledger.py [--records 10000] [--rounds 5]

A ledger in a folder is made with as many records of the usual size. Verifying it reads every file,
hashes it, and follows the chain: under a second for 10,000. The smallest of the rounds counts: the
others were disturbed. Exit code 1 where the bar is missed.
"""

import argparse
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from llamactl_catalog.licensing.acceptance import (
    Acceptance,
    AcceptedText,
    Act,
    AnsweredCondition,
    Person,
    Terms,
)
from llamactl_catalog.licensing.chain import ORIGIN, head, read_record, record_name, sealed
from llamactl_containers.licensing.ledger import open_ledger

BAR_S = 1.0
BAR_RECORDS = 10_000
APPENDED = 50
# What is shown and asked before a license is accepted is between one and two kilobytes.
PROMPT = "Whoever deploys under it must keep the notice. " * 35
ANSWERS = tuple(
    AnsweredCondition(f"question-{number}", "Is it so, all in all? " * 6, "no")
    for number in range(3)
)
TERMS = Terms(
    "llama-2",
    "Llama 2 Community License",
    "LicenseRef-scancode-llama-2-license-2023",
    (AcceptedText("license", "LICENSE", "ab" * 32, "ab" * 32),),
)
ACT = Act(
    "command", PROMPT, "llama-2@abababab", False, "2026-11-22T12:00:00+00:00", "0.1.0", "build-7"
)
USUAL = Acceptance("acceptance", TERMS, Person("Jane Doe", "stated"), ACT, "", ANSWERS)


def main() -> int:
    """Measure, print, and compare with the bar."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--records", type=int, default=BAR_RECORDS)
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        size = write_ledger(Path(folder), options.records)
        ledger = open_ledger(folder)
        if not ledger.verify().is_whole:
            raise SystemExit("the ledger that was made is not whole")
        verify_s = least(ledger.verify, options.rounds)
        read_s = least(lambda: [each.acceptance() for each in ledger.records()], options.rounds)
        append_s = least(lambda: ledger.append(USUAL), APPENDED)
    print(f"{options.records} records of {size} bytes, in a folder")
    print(f"verify                   {verify_s:.3f} s")
    print(f"verify and read them all {read_s:.3f} s")
    print(f"append one               {1000 * append_s:.1f} ms")
    return 1 if options.records == BAR_RECORDS and verify_s > BAR_S else 0


def write_ledger(folder: Path, count: int) -> int:
    """Write a whole ledger, without the care that a user's needs; gives a record's size."""
    (folder / "records").mkdir()
    previous, size = ORIGIN, 0
    for number in range(1, count + 1):
        content = sealed(number, previous, replace(USUAL, nonce=f"{number:016x}"), None)
        (folder / "records" / record_name(number)).write_bytes(content)
        previous, size = read_record(number, content).sha256, len(content)
    (folder / "head.json").write_bytes(head(count, previous))
    return size


def least(action: Callable[[], object], rounds: int) -> float:
    """Give the smallest time of the rounds."""
    times = []
    for _ in range(rounds):
        started = time.perf_counter()
        action()
        times.append(time.perf_counter() - started)
    return min(times)


if __name__ == "__main__":
    sys.exit(main())
