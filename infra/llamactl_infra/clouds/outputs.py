"""What a declared deployment gives: the stack's outputs, alike on every cloud."""

from dataclasses import dataclass, field, fields

import pulumi

from llamactl_infra.deployment import AuthKind
from llamactl_infra.spec import Cloud


@dataclass(frozen=True, slots=True)
class Outputs:
    """Where an endpoint answers, and what runs there.

    `image_digest` None: the image is named by a tag of the cloud's own. `slot` is the fleet behind
    the endpoint; None: there is only one. `key` is a Pulumi secret.
    """

    cloud: Cloud
    endpoint_name: pulumi.Input[str]
    url: pulumi.Input[str]
    region: pulumi.Input[str]
    instance_type: str
    auth: AuthKind
    model: str
    image: str | None
    image_digest: str | None
    revision: str | None
    usd_per_hour: float | None
    slot: str | None = None
    key: pulumi.Output[str] | None = field(default=None, repr=False)

    def as_mapping(self) -> dict[str, pulumi.Input[object]]:
        """Give those that are known by name; the key stays secret."""
        told = {each.name: getattr(self, each.name) for each in fields(self)}
        return {name: value for name, value in told.items() if value is not None}

    def export(self) -> None:
        """Make them the stack's outputs."""
        for name, value in self.as_mapping().items():
            pulumi.export(name, value)


def digest_of(image: str | None) -> str | None:
    """Give the digest that an image is named by; None: it is named by a tag."""
    _, at, digest = (image or "").partition("@")
    return digest if at else None
