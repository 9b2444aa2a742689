"""SageMaker's models and endpoint configurations: made once, told as they were made, tagged."""

import time
from dataclasses import dataclass, field
from typing import Any

from standins.aws.account import ACCOUNT, Refused

INVALID = "ValidationException"


@dataclass(frozen=True)
class Kind:
    """What SageMaker calls a kind of thing: in operations, in addresses, in errors."""

    name: str
    path: str
    words: str

    @property
    def key(self) -> str:
        return f"{self.name}Name"

    def arn(self, region: str, name: str) -> str:
        return f"arn:aws:sagemaker:{region}:{ACCOUNT}:{self.path}/{name.lower()}"

    def missing(self, region: str, name: str) -> Refused:
        return Refused(INVALID, f'Could not find {self.words} "{self.arn(region, name)}".')

    def taken(self, region: str, name: str) -> Refused:
        said = f'Cannot create already existing {self.words} "{self.arn(region, name)}".'
        return Refused(INVALID, said)


MODEL = Kind("Model", "model", "model")
CONFIGURATION = Kind("EndpointConfig", "endpoint-config", "endpoint configuration")
ENDPOINT = Kind("Endpoint", "endpoint", "endpoint")


@dataclass
class Registered:
    """All of one kind, by region and name; `tags` are shared, by address."""

    kind: Kind
    tags: dict[str, dict[str, str]]
    known: dict[tuple[str, str], dict[str, Any]] = field(default_factory=dict)

    def create(self, region: str, asked: dict[str, Any]) -> dict[str, Any]:
        name = asked[self.kind.key]
        if (region, name) in self.known:
            raise self.kind.taken(region, name)
        arn = self.kind.arn(region, name)
        self.tags[arn] = {each["Key"]: each["Value"] for each in asked.get("Tags", ())}
        told = {key: value for key, value in asked.items() if key != "Tags"}
        times = {"CreationTime": time.time()}
        self.known[region, name] = {**told, f"{self.kind.name}Arn": arn, **times}
        return {f"{self.kind.name}Arn": arn}

    def describe(self, region: str, name: str) -> dict[str, Any]:
        if (region, name) not in self.known:
            raise self.kind.missing(region, name)
        return self.known[region, name]

    def delete(self, region: str, name: str) -> dict[str, Any]:
        self.describe(region, name)
        del self.known[region, name]
        del self.tags[self.kind.arn(region, name)]
        return {}

    def listed(self, region: str, asked: dict[str, Any]) -> dict[str, Any]:
        """Give a page of those whose names hold what was asked for."""
        keys = (self.kind.key, f"{self.kind.name}Arn", "CreationTime")
        found = [
            {key: value for key, value in told.items() if key in keys}
            for (where, name), told in sorted(self.known.items())
            if where == region and asked.get("NameContains", "") in name
        ]
        return page(f"{self.kind.name}s", found, asked)


def page(key: str, found: list[dict[str, Any]], asked: dict[str, Any]) -> dict[str, Any]:
    """Give so many as were asked for, and where the rest begins."""
    start, size = int(asked.get("NextToken", 0)), asked.get("MaxResults", 10)
    rest = {"NextToken": str(start + size)} if start + size < len(found) else {}
    return {key: found[start : start + size], **rest}
