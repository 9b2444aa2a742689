"""What Azure makes of itself beside Application Insights: taken away with it, or named.

Each component gets an alert rule, and its resource group an action group that all components there
share. In a resource group that is given they would outlive the deployment: the rule is deleted
here, the action group is others' too and is named by `destroy`. Their ids are in ids.py.
"""

from collections.abc import Mapping
from typing import Any

import pulumi
from pulumi import dynamic

from llamactl_infra.clouds.azure.management import opened


class SmartDetectionProvider(dynamic.ResourceProvider):
    """Makes nothing; deletes the rule that Azure has made."""

    serialize_as_secret_always = False

    def diff(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> dynamic.DiffResult:
        """Compare whose rule it is."""
        changes = _olds.get("rule") != _news.get("rule")
        return dynamic.DiffResult(
            changes=changes, replaces=["rule"] if changes else [], delete_before_replace=False
        )

    def create(self, props: dict[str, Any]) -> dynamic.CreateResult:
        """Keep which rule is to go."""
        return dynamic.CreateResult(props["rule"], props)

    def delete(self, _id: str, _props: dict[str, Any]) -> None:
        """Delete the rule, if Azure has made it."""
        with opened() as management:
            management.delete(_props["rule"])


class SmartDetection(dynamic.Resource, module="llamactl", name="AzureSmartDetection"):
    """The alert rule of a component, which goes when the component does."""

    def __init__(
        self, name: str, props: Mapping[str, Any], opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__(SmartDetectionProvider(), name, dict(props), opts)
