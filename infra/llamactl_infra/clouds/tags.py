"""The tags on every resource: what it is for, whose it is, and until when."""

from collections.abc import Mapping

from llamactl_infra.spec import Spec

PREFIX = "llamactl:"


def tags_of(spec: Spec, project: str, stack: str) -> Mapping[str, str]:
    """Give the tags of a deployment's resources; the user's own come first and lose to ours."""
    own = {
        "project": project,
        "stack": stack,
        "deployment": spec.name,
        "model": spec.model,
        "revision": spec.revision,
        "license-acceptance": spec.license_acceptance,
        "owner": spec.owner,
        "expires-on": spec.expires_on,
    }
    ours = {f"{PREFIX}{name}": value for name, value in own.items() if value is not None}
    return {**spec.tags, **ours}
