"""Quota, as Azure ML counts it: cores of a family of machines in a region, need against have.

Source: MicrosoftDocs/azure-ai-docs, how-to-manage-quotas; Azure/azure-rest-api-specs,
Microsoft.MachineLearningServices 2024-04-01, the example of Usages_List; both read 2026-11-22. All
cores of a region have a limit of their own beside those of each family. -1 is no limit.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from llamactl_catalog.errors import NoQuota
from llamactl_catalog.hardware import InstanceType
from llamactl_catalog.offers import load_hardware
from llamactl_catalog.quota import quota_needed
from llamactl_infra.clouds.azure.asked import own_of
from llamactl_infra.clouds.azure.checks import CLOUD
from llamactl_infra.clouds.azure.management import Management
from llamactl_infra.clouds.azure.names import deployment_name
from llamactl_infra.live.cloud import Finding
from llamactl_infra.spec import Spec

CHECK = "quota"
CountRunning = Callable[[], int | None]
_FAMILY = "microsoft.machinelearningservices/vmfamily/usages"
_ALL_CORES = "microsoft.machinelearningservices/dedicatedcores/usages"
# "Standard NC Family Cluster Dedicated vCPUs" and "standardNCFamily" are one.
_ENDING = re.compile(r"clusterdedicatedvcpus$|vcpus$")
_OF_SPOT = "lowpriority"


@dataclass(frozen=True, slots=True)
class Need:
    """How many cores must be free, and in words why so many."""

    cores: int
    why: str
    is_beside: bool = False


@dataclass(frozen=True, slots=True)
class Usage:
    """One limit, and what is used of it; None: there is no limit."""

    name: str
    used: int
    limit: int | None

    @property
    def free(self) -> int | None:
        """How many cores may still be taken."""
        return None if self.limit is None else max(0, self.limit - self.used)


def look(
    management: Management, spec: Spec, standing: Spec | None, running: CountRunning
) -> Finding:
    """Compare what must be free for a spec, beside what is standing, with what is.

    `running` counts the instances of the standing deployment, where its spec does not say it.

    Raises:
        LlamactlError: Azure does not tell.
    """
    machine = machine_of(spec)
    if machine is None:
        return Finding(CHECK, "unknown", f"the cores of {spec.instance_type} are not known here")
    is_scaled = standing is not None and standing.capacity.is_scaled
    need = need_of(spec, machine, standing, running() if is_scaled else None)
    place = f"/subscriptions/{own_of(spec).subscription}/providers"
    where = f"{place}/Microsoft.MachineLearningServices/locations/{spec.region}/usages"
    found = [*usages_for(machine.quota_name, management.listed(where))]
    if not any(same_family(each.name, machine.quota_name) for each in found):
        text = f"Azure lists no quota of {machine.quota_name} in {spec.region}"
        return Finding(CHECK, "unknown", text)
    short = [each for each in found if each.free is not None and each.free < need.cores]
    if short:
        return _short(spec, need, standing, short[0])
    found.sort(key=lambda each: not same_family(each.name, machine.quota_name))
    told = "; ".join(_said(each, spec, need) for each in found)
    return Finding(CHECK, "ok", f"{told} ({need.why})")


def need_of(
    spec: Spec, machine: InstanceType, standing: Spec | None, running: int | None = None
) -> Need:
    """Count the cores that must be free: of the peak, or of what it grows by.

    Where an update makes a second deployment, that one is needed whole beside the standing one,
    which is among what is used.
    """
    peak = quota_needed(machine, spec.capacity.peak)
    why = _words(spec.capacity.peak, machine)
    if spec.capacity.is_scaled:
        why += f" at the peak, {spec.instances} at first"
    if standing is None:
        return Need(peak, why)
    before = machine_of(standing)
    is_same_family = before is not None and before.quota_name == machine.quota_name
    count = running if running is not None else standing.instances
    has = quota_needed(before, count) if before and is_same_family else 0
    cores = max(0, peak - has)
    if before == machine and standing.capacity.peak >= spec.capacity.peak:
        cores = 0  # the peak is no higher than before
    growth = Need(cores, f"{why}, of which the standing deployment has {has}")
    if deployment_name(standing) == deployment_name(spec):
        return growth
    beside = Need(
        quota_needed(machine, spec.instances),
        f"{_words(spec.instances, machine)}, beside the deployment that stands until the traffic "
        "has moved",
        is_beside=True,
    )
    return max(beside, growth, key=lambda each: each.cores)


def _words(count: int, machine: InstanceType) -> str:
    instances = "1 instance" if count == 1 else f"{count} instances"
    kept = round(100 * machine.reserve)
    reserve = f" and {kept} % in reserve" if kept else ""
    return f"{instances} of {machine.quota_units} vCPUs{reserve}"


def machine_of(spec: Spec) -> InstanceType | None:
    """Give what is known of the spec's instance type."""
    named = (spec.instance_type or "").lower()
    known = (each for each in load_hardware() if each.cloud == CLOUD)
    return next((each for each in known if each.name.lower() == named), None)


def usages_for(family: str, told: Iterable[Mapping[str, Any]]) -> Iterable[Usage]:
    """Give the limits that machines of a family come under: its own, and that of all cores."""
    for each in told:
        kind, name = str(each.get("type", "")).lower(), _name(each)
        is_own = kind == _FAMILY and same_family(name, family)
        if is_own or (kind == _ALL_CORES and _OF_SPOT not in name.lower()):
            limit = int(each.get("limit", -1))
            used = int(each.get("currentValue", 0))
            yield Usage(name, used, None if limit < 0 else limit)


def same_family(one: str, other: str) -> bool:
    """Tell whether two names are of one family: Azure writes them in several ways."""
    return _OF_SPOT not in one.lower() and _plain(one) == _plain(other)


def _plain(name: str) -> str:
    return _ENDING.sub("", re.sub("[^a-z0-9]", "", name.lower()))


def _name(told: Mapping[str, Any]) -> str:
    name = told.get("name") or {}
    return str(name.get("value") or name.get("localizedValue") or "")


def _said(usage: Usage, spec: Spec, need: Need) -> str:
    free = "no limit" if usage.limit is None else f"{usage.free} free of {usage.limit}"
    return f"{usage.name} in {spec.region}: {need.cores} vCPUs needed, {free}"


def _short(spec: Spec, need: Need, standing: Spec | None, usage: Usage) -> Finding:
    text = f"{_said(usage, spec, need)} ({need.why})"
    hint = (
        f"ask for {usage.used + need.cores} vCPUs of {usage.name} in Azure ML studio, "
        "Manage, Quota; or another --instance-type or --region"
    )
    if spec.capacity.peak > spec.instances and not need.is_beside:
        hint += "; or a lower --max, or schedules with fewer instances"
    same_type = standing is not None and standing.instance_type == spec.instance_type
    if need.is_beside and same_type:
        hint += "; or --update rolling, which needs no second deployment"
    return Finding(CHECK, "failed", text, NoQuota(f"too little quota: {text}", hint=hint))
