"""Names of Azure ML's resources: within its limits, and of content where it is immutable."""

import hashlib
import json
import re

from llamactl_infra.spec import Spec

MAX_NAME = 32
"""Of endpoints and deployments. Source: aml-docs, how-to-manage-quotas, read 2026-11-22."""

_HASH_DIGITS = 8
_VERSION_DIGITS = 12
# Source as above: 3 to 32 characters, begins with a letter, letters, digits and single dashes.
_NAME = re.compile(r"(?=.{3,32}$)[a-zA-Z](-?[a-zA-Z0-9])*")
_OTHER = re.compile(r"[^a-zA-Z0-9]+")
_FIRST_LETTER = re.compile(r"^[^a-zA-Z]+")


def is_name(text: str) -> bool:
    """Tell whether Azure ML takes a text as the name of an endpoint or a deployment."""
    return _NAME.fullmatch(text) is not None


def named(text: str, content: object) -> str:
    """Name what must be another thing for other content, and the same for the same."""
    digest = _digest(content)[:_HASH_DIGITS]
    plain = _FIRST_LETTER.sub("", _OTHER.sub("-", text)).strip("-") or "llamactl"
    return f"{plain[: MAX_NAME - _HASH_DIGITS - 1].rstrip('-')}-{digest}"


def endpoint_name(spec: Spec) -> str:
    """Name the endpoint: all endpoints of a region share one space of names, whoever owns them."""
    own = spec.azure_ml
    where = (own.subscription, own.resource_group, own.workspace) if own is not None else ()
    return named(spec.name, [*where, spec.region, spec.name])


def deployment_name(spec: Spec) -> str:
    """Name the deployment by what an update does not change in place.

    Its instance type cannot be changed at all. A rolling update replaces instances of the same
    deployment; every other one makes a second deployment beside the first, and moves the traffic.
    Source: aml-docs, how-to-safely-rollout-online-endpoints; Azure/AML-Kubernetes issue 247.
    """
    content: dict[str, object] = {"instance_type": spec.instance_type}
    if spec.update != "rolling":
        content["image"] = spec.image
        content["environment"] = dict(spec.environment)
        content["weights"] = [spec.weights, spec.weights_uri, spec.revision]
        content["num_shard"] = spec.num_shard
        content["model_asset"] = None if spec.azure_ml is None else spec.azure_ml.model_asset
    return named("llm" if spec.azure_ml is None else spec.azure_ml.deployment, content)


def asset_version(content: object) -> str:
    """Give the version of an asset, which never changes what it holds."""
    return _digest(content)[:_VERSION_DIGITS]


def account_name(text: str, longest: int) -> str:
    """Give the letters and digits of a name, as names of storage accounts are made of alone."""
    plain = re.sub("[^a-z0-9]", "", text.lower())[:longest]
    return plain if plain[:1].isalpha() else f"l{plain}"[:longest]


def _digest(content: object) -> str:
    told = json.dumps(content, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(told.encode()).hexdigest()
