"""What every resource of one endpoint is declared with: its spec, its region, its tags."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import pulumi

from llamactl_infra.clouds.aws.asked import Asked


@dataclass(frozen=True, slots=True)
class Surroundings(Asked):
    """The checked spec of one endpoint; `parent` is the component that its resources are of."""

    tags: Mapping[str, str]
    parent: pulumi.Resource = field(repr=False)

    def options(self, *after: pulumi.Resource) -> pulumi.ResourceOptions:
        """Give the options of a child, which is made after others."""
        return pulumi.ResourceOptions(parent=self.parent, depends_on=list(after))

    def child(self, what: str) -> str:
        """Name a child in the stack's state."""
        return f"{self.spec.name}-{what}"
