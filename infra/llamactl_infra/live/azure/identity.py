"""Whose credentials these are, and which of their subscriptions is meant."""

import base64
import binascii
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from llamactl_catalog.errors import NoPermission
from llamactl_infra.clouds.azure.management import URL, Management
from llamactl_infra.live.cloud import Account

VARIABLES = ("AZURE_SUBSCRIPTION_ID", "ARM_SUBSCRIPTION_ID")
"""Name a subscription: to Azure's own tools, and to Pulumi."""

_ONE_OF_THEM = "--set azure_ml.subscription=ID names one, or AZURE_SUBSCRIPTION_ID"
# Who a token says that it is of: a person, else an application. Source: Microsoft identity
# platform, access-token-claims-reference, read 2026-11-22.
_CLAIMS = ("upn", "unique_name", "preferred_username", "app_displayname", "appid", "oid")
_UNNAMED = "an identity without a name"
_PARTS_OF_TOKEN = 3


def account_of(
    management: Management, environment: Mapping[str, str], subscription: str | None = None
) -> Account:
    """Tell who is signed in, and to which subscription: a given one, or the one that is meant.

    Raises:
        NoPermission: nobody is, or it is not clear which subscription is meant.
        LlamactlError: Azure cannot be asked.
    """
    principal = principal_of(management.token(f"{URL}/.default"))
    chosen = subscription if subscription is not None else _told(environment)
    if chosen is None:
        chosen = _only_one(management)
    _check(management, chosen, principal)
    return Account("azure", chosen, principal)


def principal_of(token: str) -> str:
    """Read from an access token who it is of. It is not verified: Azure does that."""
    parts = token.split(".")
    if len(parts) != _PARTS_OF_TOKEN:
        return _UNNAMED
    try:
        padded = parts[1] + "=" * (-len(parts[1]) % 4)
        claims = json.loads(base64.urlsafe_b64decode(padded))
    except (binascii.Error, ValueError):
        return _UNNAMED
    if not isinstance(claims, dict):
        return _UNNAMED
    return next((str(claims[each]) for each in _CLAIMS if claims.get(each)), _UNNAMED)


def _told(environment: Mapping[str, str]) -> str | None:
    """Give the subscription that a variable names, or that Azure's command line is set to."""
    for name in VARIABLES:
        if environment.get(name):
            return environment[name]
    folder = environment.get("AZURE_CONFIG_DIR")
    home = Path(folder) if folder else Path(environment.get("HOME") or Path.home(), ".azure")
    try:
        told: Any = json.loads((home / "azureProfile.json").read_text("utf-8-sig"))
        known = told["subscriptions"]
    except (OSError, ValueError, KeyError, TypeError):  # no command line, or nobody signed in to it
        return None
    return next((str(each["id"]) for each in known if each.get("isDefault")), None)


def _only_one(management: Management) -> str:
    known = management.listed("/subscriptions")
    enabled = [each for each in known if each.get("state") == "Enabled"]
    if not enabled:
        hint = "az account list shows those that you have; an administrator may give you one"
        raise NoPermission("Azure has no enabled subscription for you", hint=hint)
    if len(enabled) > 1:
        names = ", ".join(f"{each.get('displayName')} ({_id(each)})" for each in enabled)
        message = f"Azure has {len(enabled)} subscriptions for you: {names}"
        raise NoPermission(message, hint=_ONE_OF_THEM)
    return _id(enabled[0])


def _check(management: Management, subscription: str, principal: str) -> None:
    found = management.get(f"/subscriptions/{subscription}")
    if found is None:
        message = f"Azure has no subscription {subscription} for {principal}"
        raise NoPermission(
            message, hint=f"az account list shows those that you have; {_ONE_OF_THEM}"
        )
    state = found.get("state", "Enabled")
    if state == "Disabled":
        hint = f"enable it in the portal, or take another: {_ONE_OF_THEM}"
        raise NoPermission(f"the subscription {subscription} is disabled", hint=hint)


def _id(subscription: Mapping[str, Any]) -> str:
    told = subscription.get("subscriptionId")
    return str(told if told is not None else subscription.get("id", "")).rpartition("/")[2]
