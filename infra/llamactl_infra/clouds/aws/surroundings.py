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

    def options_new_first(self, *after: pulumi.Resource) -> pulumi.ResourceOptions:
        """Return the options of a child whose name is of its content: the new one is made first.

        The provider deletes before it replaces whatever has a name of ours, even where the new
        name differs. Source: pulumi-terraform-bridge 3.120, pkg/tfbridge/schema.go,
        nameRequiresDeleteBeforeReplace; Pulumi lets this option win.
        """
        return pulumi.ResourceOptions(
            parent=self.parent, depends_on=list(after), delete_before_replace=False
        )

    def child(self, what: str) -> str:
        """Name a child in the stack's state."""
        return f"{self.spec.name}-{what}"
