"""The Pulumi program: from a stack's config to declared resources."""

from dataclasses import fields

from llamactl_catalog.errors import InvalidInput, LlamactlError
from llamactl_infra.spec import Spec


def main() -> None:
    """Read the stack's config into the spec, and declare what it asks for.

    Raises:
        pulumi.RunError: the config is no valid spec, or asks for what cannot be declared.
    """
    import pulumi

    config = pulumi.Config("llamactl")
    names = [each.name for each in fields(Spec)]
    values = {name: text for name in names if (text := config.get(name)) is not None}
    try:
        declare(Spec.from_config(values))
    except LlamactlError as error:
        hint = f"\n hint: {error.hint}" if error.hint is not None else ""
        raise pulumi.RunError(f"{error.message}{hint}") from error


def declare(spec: Spec) -> None:
    """Declare the resources of one deployment.

    Raises:
        InvalidInput: this version declares none on the spec's cloud.
    """
    if spec.cloud == "local":
        command = f"llamactl deploy {spec.model} --cloud local --name {spec.name}"
        raise InvalidInput("a deployment on this machine is no Pulumi stack", hint=command)
    raise InvalidInput(
        f"this version declares no resources on {spec.cloud}",
        hint=f"on this machine: llamactl deploy {spec.model} --cloud local",
    )
