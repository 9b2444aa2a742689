"""Causes of a failed operation, by the words of clouds and engine; each with its fix."""

import builtins
import re
from collections.abc import Sequence
from typing import assert_never

from llamactl_catalog.errors import (
    InvalidInput,
    LlamactlError,
    NoPermission,
    ProgramMissing,
    StillBusy,
    Unhealthy,
    Unreachable,
)
from llamactl_infra.clouds.causes import Cause, cause
from llamactl_infra.clouds.container_causes import CONTAINER_CAUSES
from llamactl_infra.spec import Cloud
from llamactl_infra.stacks.events import Trouble
from llamactl_infra.stacks.resources import Named

_ENGINE = (
    cause(
        r"no resource plugin|could not load plugin|failed to install plugin|plugin.*not found",
        ProgramMissing,
        "pulumi plugin install resource NAME VERSION, where the network lets it through",
    ),
    cause(
        r"incorrect passphrase|passphrase must be set|PULUMI_CONFIG_PASSPHRASE",
        NoPermission,
        "set PULUMI_CONFIG_PASSPHRASE or PULUMI_CONFIG_PASSPHRASE_FILE to what the stack has",
    ),
    cause(
        r"invalid access token|must be logged in|PULUMI_ACCESS_TOKEN",
        NoPermission,
        "pulumi login, or set PULUMI_BACKEND_URL",
    ),
    cause(
        r"no such host|connection refused|dial tcp|i/o timeout|TLS handshake",
        Unreachable,
        "the network does not let it through; then the same command continues",
    ),
)
# What an endpoint is made of that runs containers, and what looks at it: only these are unhealthy.
_SERVING = re.compile(
    r":(Endpoint|OnlineEndpoint|OnlineDeployment|EndpointVerification|AzureMlTraffic)$"
)
_UNKNOWN = (
    "the message above is the cloud's own and names what it refuses: change that by the option or "
    "--set that docs/deploy.md lists for it; then the same command continues"
)
# A provider that is written in Python puts where it failed below what it says.
_TRACEBACK = re.compile(r":?\s*\n\s*File \"|\n?Traceback \(most recent call last\)")
_EXCEPTION = re.compile(r"[A-Za-z_][\w.]*(: |$)")  # as Python writes one: the class, what it says
_WRAPPING = re.compile(
    r"^(error:\s*|rpc error: code = \w+ desc = |Exception calling application: "
    r"|Unexpected <class '[\w.]+'>: |sdk-v2/provider2?\.go:\d+:\s*"
    r"|sdk\.helper_schema:\s*|\d+ errors? occurred:\s*\*?\s*)+"
)
# What a provider says around the reason that the cloud gives for a state.
_WAITING = re.compile(
    r"waiting for [^:]*: unexpected state '(?P<state>[^']*)', wanted target '[^']*'\. last error: "
)
_PROGRAM = re.compile(r"Program failed|python inline source runtime error|unhandled exception")


def causes_on(cloud: Cloud) -> tuple[Cause, ...]:
    """Give the causes that are known of a cloud, then those of the engine."""
    match cloud:
        case "aws":
            from llamactl_infra.clouds.aws.causes import CAUSES

            return (*CAUSES, *_ENGINE)
        case "azure":
            from llamactl_infra.clouds.azure.causes import CAUSES as OF_AZURE

            return (*OF_AZURE, *_ENGINE)
        case "local":
            return _ENGINE
        case _:
            assert_never(cloud)


def unmendable(cloud: Cloud) -> tuple[str, ...]:
    """Give the types of resources that a cloud does not let be updated once they have failed."""
    match cloud:
        case "aws":
            from llamactl_infra.clouds.aws.causes import UNMENDABLE

            return UNMENDABLE
        case "azure" | "local":
            return ()
        case _:
            assert_never(cloud)


def translated(
    troubles: Sequence[Trouble], failed: Sequence[Named], output: str, causes: Sequence[Cause]
) -> LlamactlError:
    """Say which resource failed, why, and what to do next."""
    own = [each for each in troubles if each.resource is not None]
    named = own[0] if own else None
    message = named.message if named is not None else _last_words(troubles, output)
    resource = named.resource if named is not None else next(iter(failed), None)
    where = f"{resource}: " if resource is not None else ""
    found = next((each for each in causes if each.words.search(message)), None)
    if found is None and not own:
        found = next((each for each in causes if each.words.search(output)), None)
    text = f"{where}{_core(message)}"
    serves = resource is not None and _SERVING.search(resource.type) is not None
    if found is None:
        kind = Unhealthy if serves else InvalidInput
        return kind(text, hint=_UNKNOWN)
    if found.error is Unhealthy and resource is not None and not serves:
        return StillBusy(text, hint="nothing of it runs a container: the same command continues")
    return found.error(text, hint=found.fix)


def explained(
    error: LlamactlError, cloud: Cloud, reason: str | None, log: Sequence[str]
) -> LlamactlError:
    """Say why, where an error says only that: by the cloud's reason, else by the container's log.

    What the log says last is nearest to the end.
    """
    known = (each for each in causes_on(cloud) if each.words.search(error.message))
    found = next(known, None)
    if not isinstance(error, Unhealthy) or (found is not None and not found.says_only_that):
        return error
    told = [(reason, causes_on(cloud))] if reason is not None else []
    told += [(line, CONTAINER_CAUSES) for line in reversed(log)]
    for words, causes in told:
        why = next((each for each in causes if each.words.search(words)), None)
        if why is not None and not why.says_only_that:
            said = words.strip()
            text = error.message if said in error.message else f"{error.message}\n  {said}"
            return why.error(text, hint=why.fix)
    return error


def _last_words(troubles: Sequence[Trouble], output: str) -> str:
    told = [each.message for each in troubles if not _PROGRAM.search(each.message)]
    if told:
        return told[0]
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    errors = [line for line in lines if line.startswith("error:")]
    return (errors or lines or ["the engine failed without a word"])[-1]


def _core(message: str) -> str:
    """Leave out what the engine and its bridges put around a message."""
    text = _TRACEBACK.split(message.strip())[0] or _raised(message)
    text = _WRAPPING.sub("", text.strip())
    text = _WAITING.sub(r"\g<state>: ", text)
    text = re.sub(r"\s*:?\s*provider=\S+@\S+", "", text)
    lines = [line.strip().removeprefix("* ") for line in text.splitlines() if line.strip()]
    return "\n  ".join(lines) if lines else "the engine failed without a word"


def _raised(traceback: str) -> str:
    """Return what a Python exception says, at the end of a message that is its traceback alone.

    The frames are indented; the exception is the rest, of one line or more. A class of Python's own
    is named: `KeyError: 'x'` says more than `'x'`.
    """
    lines = traceback.strip().rpartition("Traceback (most recent call last):")[2].splitlines()
    start = next((n for n, line in enumerate(lines) if _EXCEPTION.match(line)), len(lines))
    kind, _, said = "\n".join(lines[start:]).partition(": ")
    name = kind.strip().rpartition(".")[2]
    return f"{name}: {said}".removesuffix(": ") if hasattr(builtins, name) else said or name
