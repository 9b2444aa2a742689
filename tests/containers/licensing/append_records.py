"""Appends records to a ledger, as a process of its own: ADDRESS NAME COUNT."""

import sys
from dataclasses import replace

from catalog.acceptances import LLAMA_2
from llamactl_catalog.licensing.acceptance import Person
from llamactl_containers.licensing.ledger import open_ledger

address, name, count = sys.argv[1], sys.argv[2], int(sys.argv[3])
ledger = open_ledger(address)
for number in range(count):
    act = replace(LLAMA_2, person=Person(name, "stated"), nonce=f"{name}-{number}")
    print(ledger.append(act, {"ab" * 32: b"text"}).number, flush=True)  # noqa: T201 - its output
