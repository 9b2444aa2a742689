"""What is still there of a deployment whose resources were removed, and what Azure holds back."""

from collections.abc import Iterator, Sequence

from llamactl_catalog.errors import LlamactlError
from llamactl_infra.clouds.azure.asked import own_of
from llamactl_infra.clouds.azure.ids import ACTION_GROUP, detection_rule
from llamactl_infra.clouds.azure.management import Management
from llamactl_infra.live.azure.whereabouts import TAG, WORKSPACES, group_of
from llamactl_infra.live.cloud import Held
from llamactl_infra.spec import Spec

_DECLARED = "azure-native:"
_VAULTS = "/microsoft.keyvault/vaults/"
_COMPONENTS = "/microsoft.insights/components/"
_ASSETS = {"environments": "environment", "models": "model"}
# How long a name and what it held are kept. Source: aml-docs, concept-soft-delete; Azure Monitor,
# REST API, Workspaces - Delete; both read 2026-11-23. Neither can be asked for by its id.
_KEPT = {
    "/microsoft.machinelearningservices/workspaces/": "workspace",
    "/microsoft.operationalinsights/workspaces/": "Log Analytics workspace",
}
_KEPT_DAYS = 14
_PARTS_OF_RESOURCE = 9  # /subscriptions/S/resourceGroups/G/providers/P/KINDS/NAME


def remains(management: Management, spec: Spec, held: Sequence[Held]) -> Iterator[str]:
    """Name what is still there: of what the state held, and by the deployment's tag in its group.

    What Azure does not tell is named too, with why: it is not known to be gone.
    """
    found: set[str] = set()
    for place in dict.fromkeys([*_rules(held), *_places(held)]):
        try:
            is_there = management.get(place) is not None
        except LlamactlError as error:
            yield f"{_words(place)}: not known to be gone ({error.message})"
            continue
        if is_there:
            found.add(place.lower())
            yield _words(place)
    question = {"$filter": f"tagName eq '{TAG}' and tagValue eq '{spec.name}'"}
    try:
        tagged = management.listed(f"{group_of(spec)}/resources", question)
    except LlamactlError as error:
        yield f"what else is in the resource group: not known ({error.message})"
        return
    for each in tagged:
        place = str(each.get("id", ""))
        if place and place.lower() not in found:
            yield _words(place)


def held_back(management: Management, spec: Spec, held: Sequence[Held]) -> Iterator[str]:
    """Say what stays: what Azure keeps of what is deleted, and what is others' or only archived.

    None of it costs anything.
    """
    yield from _archived(management, spec)
    yield from _shared(management, held)
    for place in _places(held):
        lower, name = place.lower(), place.rpartition("/")[2]
        if _VAULTS in lower:
            until = _purged_on(management, place, spec.region)
            if until is not None:
                yield f"key vault {name}: deleted, kept by Azure until {until}"
        for kind, words in _KEPT.items():
            if kind in lower and lower.count("/") + 1 == _PARTS_OF_RESOURCE:
                yield f"{words} {name}: deleted, can be recovered for {_KEPT_DAYS} days"


def _archived(management: Management, spec: Spec) -> Iterator[str]:
    """Say what is archived of a workspace that stays: Azure ML deletes no version of an asset."""
    own = own_of(spec)
    if own.workspace is None:
        return
    for kind, words in _ASSETS.items():
        container = f"{group_of(spec)}/{WORKSPACES}/{own.workspace}/{kind}/{spec.name}"
        if _is_there(management, container):
            where = f"archived in the workspace {own.workspace}"
            yield f"{words} {spec.name}: {where}, which archives versions and deletes none; free"


def _shared(management: Management, held: Sequence[Held]) -> Iterator[str]:
    for rule in _rules(held):
        group = rule.partition("/providers/")[0]
        if _is_there(management, f"{group}/{ACTION_GROUP}"):
            name = ACTION_GROUP.rpartition("/")[2]
            yield f"action group {name}: made by Azure, for all of the resource group; free"


def _is_there(management: Management, place: str) -> bool:
    try:
        return management.get(place) is not None
    except LlamactlError:  # a note is not worth an error
        return False


def _rules(held: Sequence[Held]) -> list[str]:
    """Give the alert rules that Azure has made beside the components that are held."""
    found = [each.partition("/providers/")[0] for each in _components(held)]
    names = [each.rpartition("/")[2] for each in _components(held)]
    return [detection_rule(group, name) for group, name in zip(found, names, strict=True)]


def _components(held: Sequence[Held]) -> list[str]:
    return [each for each in _places(held) if _COMPONENTS in each.lower()]


def _purged_on(management: Management, vault: str, region: str | None) -> str | None:
    subscription = "/".join(vault.split("/")[:3])
    service = f"{subscription}/providers/Microsoft.KeyVault/locations/{region}"
    try:
        found = management.get(f"{service}/deletedVaults/{vault.rpartition('/')[2]}")
    except LlamactlError:  # whoever may delete one need not see it afterwards
        return None
    told = None if found is None else (found.get("properties") or {}).get("scheduledPurgeDate")
    return None if told is None else str(told).partition("T")[0]


def _places(held: Sequence[Held]) -> list[str]:
    """Give the ids of what is in Azure, the innermost first."""
    own = [each.id for each in held if each.type.startswith(_DECLARED) and each.id.startswith("/")]
    return sorted(dict.fromkeys(own), key=lambda place: -place.count("/"))


def _words(place: str) -> str:
    """Name a resource as people look for it: its kind, its name, and the id to find it by."""
    kind, _, name = place.rpartition("/")
    return f"{kind.rpartition('/')[2]} {name} ({place})"
