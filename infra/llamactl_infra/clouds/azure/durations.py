"""How long an instance may take to start, and durations as Azure writes them."""

import re
from dataclasses import dataclass

from llamactl_infra.spec import Spec

SHORTEST_S = 300
LONGEST_S = 3600
PERIOD_S = 10
"""Between two probes; Azure ML's own default. Source: aml-docs,
reference-yaml-deployment-managed-online, read 2026-11-22."""

PROBE_TIMEOUT_S = 5
"""Engines answer their health route at once; a busy host may take longer than the 2 s that Azure ML
waits by default."""

SUCCESSES = 1
"""In a row, until a probe is believed; liveness takes no other number."""

# Slower than weights have been reported to arrive and load, so that a slow day is no failed
# deployment: assumed, since a start-up that may take longer costs nothing where all goes well.
_BYTES_PER_S = 60_000_000
_FIXED_S = 300
_HANG_S = 120
# What Azure ML takes around the container's own start: machines, and the image's pull. Scaling out
# took 12 to 18 minutes in Azure/azureml-examples issue 3515.
_MACHINES_S = 3600
# Source: ISO 8601-1, 5.5.2; months and years have no fixed length and are none here.
_ISO = re.compile(r"P(?=.)(?:(\d+)D)?(?:T(?=.)(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d+)?)S)?)?")


@dataclass(frozen=True, slots=True)
class Probe:
    """One probe: its first look, and how many failures in a row are one too many."""

    initial_delay_s: int
    failures: int


@dataclass(frozen=True, slots=True)
class Probes:
    """The three of a deployment."""

    startup: Probe
    liveness: Probe
    readiness: Probe


def load_s(spec: Spec) -> int:
    """Give the time that a container may take until it is healthy: its own, or by its weights."""
    if spec.health_timeout_s is not None:
        return spec.health_timeout_s
    if spec.weights_bytes is None:
        return LONGEST_S
    return max(SHORTEST_S, min(LONGEST_S, _FIXED_S + spec.weights_bytes // _BYTES_PER_S))


def probes(spec: Spec) -> Probes:
    """Give probes that let a model load, and that tell a hanging engine soon after that.

    Azure ML's own allow 310 s in all before they kill the container: a large model never starts.
    The other two wait as long as the start-up's: where that one is not known, nothing is killed.
    """
    whole = load_s(spec)
    attempts = -(-whole // PERIOD_S)
    return Probes(
        startup=Probe(PERIOD_S, attempts),
        liveness=Probe(whole, _HANG_S // PERIOD_S),
        readiness=Probe(PERIOD_S, attempts),
    )


def deployment_s(spec: Spec) -> int:
    """Give the time that the whole deployment may take: machines, image, weights, load."""
    return _MACHINES_S + 2 * load_s(spec)


def seconds_of(duration: str) -> float | None:
    """Read a duration as Azure's API gives it, in whatever units; None: it is none.

    What was put as PT180S may come back as PT3M.
    """
    found = _ISO.fullmatch(duration)
    if found is None:
        return None
    days, hours, minutes, seconds = (float(each or 0) for each in found.groups())
    return ((days * 24 + hours) * 60 + minutes) * 60 + seconds


def iso(seconds: int) -> str:
    """Write a duration as Azure's API takes it (ISO 8601): PT180S."""
    return f"PT{seconds}S"
