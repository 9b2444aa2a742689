"""What every resource of one endpoint is declared with: its spec, its region, its tags."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import pulumi

from llamactl_infra.clouds.azure.asked import child
from llamactl_infra.clouds.azure.names import account_name
from llamactl_infra.clouds.tags import PREFIX
from llamactl_infra.spec import AzureMlSpec, Spec

# Azure Native ends a name that it makes with 8 digits; a storage account's has 24 at most.
# Source: Pulumi, Azure Native, auto-naming; Azure, resource-name-rules; both read 2026-11-22.
_LONGEST_ACCOUNT = 16


@dataclass(frozen=True, slots=True)
class Surroundings:
    """The checked spec of one endpoint; `parent` is the component that its resources are of."""

    spec: Spec
    own: AzureMlSpec
    region: str
    instance_type: str
    image: str
    tags: Mapping[str, str]
    parent: pulumi.Resource = field(repr=False)

    def options(self, *after: pulumi.Resource) -> pulumi.ResourceOptions:
        """Give the options of a child, which is made after others."""
        return pulumi.ResourceOptions(parent=self.parent, depends_on=list(after))

    def child(self, what: str) -> str:
        """Name a child in the stack's state."""
        return child(self.spec, what)

    @property
    def lasting_tags(self) -> Mapping[str, str]:
        """Give the tags that stay as they are as long as the deployment: of what serves."""
        lasting = {f"{PREFIX}{name}" for name in ("project", "stack", "deployment", "model")}
        return {name: value for name, value in self.tags.items() if name in lasting}

    @property
    def account(self) -> str:
        """Begin the name of what all of Azure shares one space of names for.

        These are named anew each time: a key vault or a workspace that was deleted holds its name
        for some days.
        """
        return account_name(self.spec.name, _LONGEST_ACCOUNT)
