"""Resources by their ids, which Azure compares without regard to case."""

import re
from dataclasses import dataclass, field
from typing import Any

_PROVIDERS = "/providers/"


class Refused(Exception):
    """A refusal, as Azure Resource Manager words it."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(f"{code}: {message}")
        self.status, self.code, self.message = status, code, message


@dataclass
class Store:
    """What there is, and what has been made in which order."""

    resources: dict[str, dict[str, Any]] = field(default_factory=dict)
    created: list[str] = field(default_factory=list)
    deleted: list[str] = field(default_factory=list)
    held_names: set[str] = field(default_factory=set)

    def get(self, path: str) -> dict[str, Any] | None:
        return self.resources.get(path.lower())

    def need(self, path: str) -> dict[str, Any]:
        found = self.get(path)
        if found is None:
            raise Refused(404, "ResourceNotFound", f"The Resource '{path}' was not found.")
        return found

    def put(self, path: str, value: dict[str, Any]) -> None:
        if path.lower() not in self.resources:
            self.created.append(path)
        self.resources[path.lower()] = value

    def delete(self, path: str) -> bool:
        """Take away a resource and all below it."""
        below = [key for key in self.resources if f"{key}/".startswith(f"{path.lower()}/")]
        for key in sorted(below, key=len, reverse=True):
            self.deleted.append(key)
            del self.resources[key]
        return bool(below)

    def children(self, path: str, kind: str) -> list[dict[str, Any]]:
        start = f"{path.lower()}/{kind.lower()}/"
        return [
            value
            for key, value in self.resources.items()
            if key.startswith(start) and "/" not in key[len(start) :]
        ]

    def of_kind(self, kind: str) -> list[dict[str, Any]]:
        return [each for each in self.resources.values() if each["type"].lower() == kind.lower()]


def kind_of(path: str) -> str:
    """Give the type of a resource from its id: Microsoft.X/ys/zs."""
    group = re.fullmatch(r"/subscriptions/[^/]+/resourcegroups/[^/]+", path, re.IGNORECASE)
    if group is not None:
        return "Microsoft.Resources/resourceGroups"
    space, _, rest = path.rpartition(_PROVIDERS)[2].partition("/")
    return f"{space}/{'/'.join(rest.split('/')[::2])}"


def parent_of(path: str) -> str | None:
    """Give the resource or group that one is in; None: it is in the subscription."""
    before, found, last = path.rpartition(_PROVIDERS)
    if not found:
        return None
    parts = last.split("/")
    if len(parts) > 3:
        return path.rsplit("/", 2)[0]
    if not before or before.count("/") <= 2:
        return None
    return before


def ml_kind(path: str) -> str | None:
    """Give the type within Azure ML's own space of names; None: it is of another service."""
    space, _, kind = kind_of(path).partition("/")
    return kind if space.lower() == "microsoft.machinelearningservices" else None
