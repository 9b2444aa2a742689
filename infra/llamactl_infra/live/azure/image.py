"""Whether the image is where the deployment will pull it from."""

from llamactl_catalog.errors import InvalidInput
from llamactl_containers.registries.acr import acr_login, is_acr
from llamactl_containers.registries.oci import Registry
from llamactl_containers.registries.reference import read_reference
from llamactl_infra.clouds.azure.management import Management
from llamactl_infra.live.cloud import Finding
from llamactl_infra.spec import Spec

CHECK = "image"


class _TokenOf:
    """Whoever is signed in, as a registry's login takes it."""

    def __init__(self, management: Management) -> None:
        self._management = management

    def get_token(self, *scopes: str) -> "_TokenOf":
        self.token = self._management.token(scopes[0])
        return self


def look(management: Management, spec: Spec, *, registry_url: str | None = None) -> Finding:
    """Look for the image in a registry of Azure; others are not asked.

    `registry_url` is where the registry answers instead of at its own name.

    Raises:
        LlamactlError: the registry does not tell.
    """
    image = read_reference(spec.image or "")
    if not is_acr(image.registry):
        text = f"{image.registry} is asked when the deployment pulls {image.name}"
        return Finding(CHECK, "unknown", text)
    if management.is_here and registry_url is None:
        return Finding(
            CHECK, "unknown", f"{image.registry} is not asked: Azure is {management.url}"
        )
    login = acr_login(image.registry, _TokenOf(management), base=registry_url)
    host = image.registry if registry_url is None else registry_url.partition("://")[2]
    with Registry(host, login) as registry:
        name = image.digest if image.digest is not None else image.tag or "latest"
        if registry.digest(image.repository, name) is not None:
            return Finding(CHECK, "ok", f"{image} is there")
    text = f"{image.registry} has no {image}"
    hint = "llamactl image push puts it there; llamactl image list shows what is"
    return Finding(CHECK, "failed", text, InvalidInput(text, hint=hint))
