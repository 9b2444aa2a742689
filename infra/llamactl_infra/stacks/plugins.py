"""The engine's plug-in for a cloud: which it is, and whether it is here."""

import shutil
from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, version
from typing import assert_never

from llamactl_catalog.errors import ProgramMissing
from llamactl_catalog.extras import extra_command
from llamactl_infra.live.cloud import Finding
from llamactl_infra.spec import Cloud
from llamactl_infra.stacks.installed import engine_home

# How Pulumi names a key of a cloud that encrypts a stack's secrets. Source: Pulumi's documentation,
# "Secrets", read 2026-11.
KEY_ADDRESSES = (
    "awskms://alias/NAME?region=REGION",
    "azurekeyvault://VAULT.vault.azure.net/keys/KEY",
)
_CHECK = "plug-in"


def plugin_finding(cloud: Cloud, environment: Mapping[str, str]) -> Finding:
    """Look for a cloud's plug-in where the engine does: on PATH, and in its own folder."""
    name = provider_name(cloud)
    package = f"pulumi-{name}"
    try:
        wanted = version(package)
    except PackageNotFoundError:
        hint = extra_command(cloud)
        error = ProgramMissing(f"the package {package} is not installed", hint=hint)
        return Finding(_CHECK, "failed", error.message, error)
    program = f"pulumi-resource-{name}"
    found = shutil.which(program, path=environment.get("PATH"))
    if found is not None and environment.get("PULUMI_IGNORE_AMBIENT_PLUGINS") != "true":
        return Finding(_CHECK, "ok", f"{program} is on PATH: {found}")
    folder = engine_home(environment) / "plugins" / f"resource-{name}-v{wanted}"
    if folder.is_dir():
        return Finding(_CHECK, "ok", f"{program} {wanted}")
    hint = f"to have it before: pulumi plugin install resource {name} {wanted}"
    missing = ProgramMissing(f"{program} {wanted} is not here", hint=hint)
    text = f"{missing.message}: the engine fetches it at the first deployment"
    return Finding(_CHECK, "unknown", text, missing)


def provider_name(cloud: Cloud) -> str:
    """Name a cloud's provider plugin as Pulumi does."""
    match cloud:
        case "aws":
            return "aws"
        case "azure":
            return "azure-native"
        case "local":
            raise ValueError("this machine has no plug-in")
        case _:
            assert_never(cloud)
