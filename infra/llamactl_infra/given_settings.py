"""Settings as `--set KEY=VALUE` gives them: any of the spec's, by its key in a stack's config."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import fields
from typing import Any, get_origin

from llamactl_catalog.errors import InvalidFile, InvalidInput
from llamactl_catalog.fields import did_you_mean
from llamactl_infra.spec import SECRETS, AzureMlSpec, SageMakerSpec, Schedule, Spec
from llamactl_infra.stored_values import field_types, from_texts, malformed, parsed, problems_of

_SECTIONS: dict[str, type] = {"sagemaker": SageMakerSpec, "azure_ml": AzureMlSpec}
_MAPPINGS = ("environment", "tags")
# What has an option of its own, or is what llamactl itself finds out.
_OWN_OPTION = {
    "name": "--name",
    "model": "MODEL",
    "cloud": "--cloud",
    "region": "--region",
    "instance_type": "--instance-type",
    "engine": "--engine",
    "engine_version": "--engine tgi@VERSION",
    "image": "--image",
    "weights_uri": "--weights",
    "instances": "--replicas",
    "min_instances": "--min",
    "max_instances": "--max",
    "context_tokens": "--context",
    "parallel": "--concurrency",
    "license_acceptance": "llamactl license accept",
    "license_ledger": "--license-ledger",
    "catalog_overlay": "--catalog-overlay",
}


def with_settings(spec: Spec, given: Iterable[tuple[str, str]], section: str) -> Spec:
    """Give the spec with settings, typed and checked; those of another cloud are passed over.

    `section` is the field that holds the cloud's own. A setting that is a list takes JSON, or
    parts with commas between them; one of a mapping is written environment.NAME=VALUE.

    Raises:
        InvalidInput: with all that is wrong with them.
    """
    config: dict[str, Any] = dict(spec.to_config())
    problems: list[str] = []
    for key, text in given:
        head, _, rest = key.partition(".")
        problem = _problem(head, rest)
        if problem is not None:
            problems.append(f"{key}: {problem}")
        elif head in _SECTIONS:
            if head == section:
                told = json.loads(config.get(head, "{}"))
                told[rest] = _value(field_types(_SECTIONS[head])[rest], text)
                config[head] = json.dumps(told)
        elif head in _MAPPINGS:
            config[head] = json.dumps({**json.loads(config.get(head, "{}")), rest: text})
        else:
            config[head] = _listed(field_types(Spec)[head], text)
    problems += problems_of(Spec, config)
    if problems:
        raise InvalidFile("--set", problems, hint="docs/deploy.md names the settings")
    return Spec(**from_texts(Spec, config))


def schedules_in(given: Iterable[tuple[str, str]]) -> tuple[Schedule, ...] | None:
    """Return the schedules of `--set`, typed and checked; None: it names none.

    Raises:
        InvalidFile: with all that is wrong with them.
    """
    config = {key: text for key, text in given if key == "schedules"}
    if not config:
        return None
    problems = list(malformed(Spec, config))
    if problems:
        raise InvalidFile("--set", problems, hint="docs/deploy.md names the settings")
    schedules: tuple[Schedule, ...] = from_texts(Spec, config)["schedules"]
    return schedules


def _problem(head: str, rest: str) -> str | None:
    known: Mapping[str, Any] = {each.name: each for each in fields(Spec)}
    if head in SECRETS:
        return "is a secret, which a command line shows; deploy takes it from the environment"
    if head in _OWN_OPTION:
        return f"is told by {_OWN_OPTION[head]}"
    if head not in known:
        return f"no such setting{did_you_mean(head, known)}"
    if head in _SECTIONS:
        own = field_types(_SECTIONS[head])
        return None if rest in own else f"no such setting{did_you_mean(rest, own)}"
    if head in _MAPPINGS:
        return None if rest else f"write {head}.NAME=VALUE"
    return None if not rest else f"{head} has no parts"


def _listed(wanted: Any, text: str) -> str:
    """Write parts with commas between them as JSON."""
    if get_origin(wanted) is tuple and not text.lstrip().startswith("["):
        return json.dumps([each.strip() for each in text.split(",") if each.strip()])
    return text


def _value(wanted: Any, text: str) -> Any:
    return parsed(wanted, _listed(wanted, text))


def split_setting(text: str) -> tuple[str, str]:
    """Read KEY=VALUE.

    Raises:
        InvalidInput: it is not written so.
    """
    key, equals, value = text.partition("=")
    if not equals or not key.strip():
        raise InvalidInput(f"'{text}' is no setting", hint="write KEY=VALUE, like log_days=90")
    return key.strip().replace("-", "_") if "." not in key else _key(key.strip()), value


def _key(key: str) -> str:
    """Take dashes for underscores in names of settings, not in those of tags and variables."""
    head, _, rest = key.partition(".")
    head = head.replace("-", "_")
    return f"{head}.{rest.replace('-', '_') if head in _SECTIONS else rest}"
