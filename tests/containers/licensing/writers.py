"""Writers of a ledger that work at the same time, each a process of its own."""

import os
import subprocess
import sys
from collections import Counter
from pathlib import Path

TESTS = Path(__file__).resolve().parents[2]
SCRIPT = Path(__file__).with_name("append_records.py")


def start_writer(address, name, count, environment=None, program=None):
    """Start a process that appends `count` records in the name of `name`.

    `program` is Python that runs the script in surroundings of its own.
    """
    around = [] if program is None else ["-c", program]
    return subprocess.Popen(
        [sys.executable, *around, str(SCRIPT), str(address), name, str(count)],
        env=os.environ | {"PYTHONPATH": str(TESTS)} | (environment or {}),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def write_at_once(address, writers, count, environment=None):
    """Have writers append at the same time, and wait for them; each must succeed."""
    names = [f"writer-{number}" for number in range(writers)]
    started = [start_writer(address, name, count, environment) for name in names]
    for each in started:
        _, errors = each.communicate(timeout=300)
        assert each.returncode == 0, errors


def counts_by_name(records):
    """Count the records of each person."""
    return Counter(each.acceptance().person.name for each in records)
