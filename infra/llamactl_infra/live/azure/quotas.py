"""Quota, as Azure ML counts it: cores of a family of machines in a region, need against have.

Source: MicrosoftDocs/azure-ai-docs, how-to-manage-quotas; Azure/azure-rest-api-specs,
Microsoft.MachineLearningServices 2024-04-01, the example of Usages_List; both read 2026-11-22. All
cores of a region have a limit of their own beside those of each family. -1 is no limit.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from llamactl_catalog.errors import NoQuota
from llamactl_catalog.hardware import InstanceType
from llamactl_catalog.offers import load_hardware
from llamactl_catalog.quota import quota_needed
from llamactl_infra.clouds.azure.asked import most, own_of
from llamactl_infra.clouds.azure.checks import CLOUD
from llamactl_infra.clouds.azure.management import Management
from llamactl_infra.clouds.azure.names import deployment_name
from llamactl_infra.live.cloud import Finding
from llamactl_infra.spec import Spec

CHECK = "quota"
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


def look(management: Management, spec: Spec, standing: Spec | None) -> Finding:
    """Compare what must be free for a spec, beside what is standing, with what is.

    Raises:
        LlamactlError: Azure does not tell.
    """
    machine = machine_of(spec)
    if machine is None:
        return Finding(CHECK, "unknown", f"the cores of {spec.instance_type} are not known here")
    need = need_of(spec, machine, standing)
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
    return Finding(CHECK, "ok", f"{told}{_later(spec, machine, need)}")


def need_of(spec: Spec, machine: InstanceType, standing: Spec | None) -> Need:
    """Count the cores that must be free: of all instances, or of those that come to be more.

    Where an update makes a second deployment, that one is needed whole beside the standing one,
    which is among what is used.
    """
    whole = quota_needed(machine, spec.instances)
    count = "1 instance" if spec.instances == 1 else f"{spec.instances} instances"
    kept = round(100 * machine.reserve)
    reserve = f" and {kept} % in reserve" if kept else ""
    why = f"{count} of {machine.quota_units} vCPUs{reserve}"
    if standing is None:
        return Need(whole, why)
    if deployment_name(standing) != deployment_name(spec):
        why += ", beside the deployment that stands until the traffic has moved"
        return Need(whole, why, is_beside=True)
    before = machine_of(standing)
    has = 0 if before is None else quota_needed(before, standing.instances)
    return Need(max(0, whole - has), f"{why}, of which the standing deployment has {has}")


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


def _later(spec: Spec, machine: InstanceType, need: Need) -> str:
    top = most(spec)
    if top <= spec.instances:
        return f" ({need.why})"
    return f" ({need.why}; {quota_needed(machine, top)} at its most, {top} instances)"


def _short(spec: Spec, need: Need, standing: Spec | None, usage: Usage) -> Finding:
    text = f"{_said(usage, spec, need)} ({need.why})"
    hint = (
        f"ask for {usage.used + need.cores} vCPUs of {usage.name} in Azure ML studio, "
        "Manage, Quota; or another --instance-type or --region"
    )
    same_type = standing is not None and standing.instance_type == spec.instance_type
    if need.is_beside and same_type:
        hint += "; or --update rolling, which needs no second deployment"
    return Finding(CHECK, "failed", text, NoQuota(f"too little quota: {text}", hint=hint))
