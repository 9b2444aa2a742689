"""Acceptances, and ledgers of them in memory, for tests."""

from dataclasses import replace

from llamactl_catalog.licensing.acceptance import (
    Acceptance,
    AcceptedModel,
    AcceptedText,
    Act,
    AnsweredCondition,
    Person,
    Terms,
)
from llamactl_catalog.licensing.chain import ORIGIN, head, read_record, record_name, sealed

WORDS = "0629d729646c986b61242c9c85350f534185a2014f50eba35ef081fb06de0984"
POLICY_WORDS = "4e0d528696237f879393f03aed61f0c3a324a0fe41c2c755c57074b8b4b86e50"
TERMS = Terms(
    license="llama-2",
    name="Llama 2 Community License",
    spdx="LicenseRef-scancode-llama-2-license-2023",
    texts=(
        AcceptedText("license", "LICENSE", WORDS, WORDS),
        AcceptedText("use-policy", "USE_POLICY.md", POLICY_WORDS, POLICY_WORDS),
    ),
    version="2",
    effective_on="2023-07-18",
)
ACT = Act(
    method="command",
    prompt="Jane Doe accepts llama-2@0629d729",
    phrase="llama-2@0629d729",
    text_shown=False,
    accepted_at="2026-11-22T12:00:00+00:00",
    tool_version="0.1.0",
    host="build-7",
)
ANSWERS = (
    AnsweredCondition("authority", "May you?", "yes"),
    AnsweredCondition("monthly-users", "So many?", "no"),
    AnsweredCondition("training-on-outputs", "Will you?", "no"),
)
LLAMA_2 = Acceptance("acceptance", TERMS, Person("Jane Doe", "stated"), ACT, "00", ANSWERS)


def override(model_id, terms, reason="research"):
    """An override for one model under a license."""
    return replace(
        LLAMA_2, kind="override", terms=terms, model=AcceptedModel(model_id, "chat"), reason=reason
    )


def ledger_of(acceptances, signer=None):
    """The files of a ledger by name, and its head."""
    files, previous = {}, ORIGIN
    for number, each in enumerate(acceptances, start=1):
        name = record_name(number)
        files[name] = sealed(number, previous, each, signer)
        previous = read_record(number, files[name]).sha256
    return files, head(len(files), previous)


def ledger(count):
    """The files of a ledger with as many acts, and its head."""
    return ledger_of([replace(LLAMA_2, nonce=f"{number:016x}") for number in range(count)])


def records_of(*acceptances):
    """The records of a ledger that holds these."""
    files, _ = ledger_of(acceptances)
    return [read_record(number, each) for number, each in enumerate(files.values(), start=1)]
