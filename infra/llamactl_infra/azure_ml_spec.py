"""What a deployment on Azure ML is to be, beyond what every cloud is told."""

from dataclasses import dataclass
from typing import Literal

AzureAuth = Literal["key", "aad_token"]


@dataclass(frozen=True, slots=True)
class AzureMlSpec:
    """Azure ML's own settings. None or (): made, or the platform's default.

    A `resource_group` is made unless `resource_group_given`; so is a workspace, unless one of that
    name is given. `deployment` begins the name of the deployment that answers; a digest of what
    cannot be changed in place ends it. `concurrency` is how many requests one instance takes at
    once. `container_registry` is the resource id of the registry of the image, `storage_account`
    that of the account that `weights_uri` is in. `model_asset` is a model of a registry,
    azureml://registries/…; None: `weights_uri` is registered. An update moves `canary_percent` of
    the traffic first or, at a linear update, each time, and watches it for `bake_s`.
    `private_subnet` is the resource id of the subnet that the workspace is reached from where
    there is no `public_access`, `private_dns_zones` those of the zones that name it there.
    `key_vault_key` is the resource id of a version of a key.
    """

    subscription: str
    resource_group: str
    workspace: str | None = None
    resource_group_given: bool = False
    deployment: str = "llm"
    auth: AzureAuth = "key"
    request_timeout_s: int = 180
    concurrency: int | None = None
    public_access: bool = True
    public_egress: bool = True
    container_registry: str | None = None
    storage_account: str | None = None
    model_asset: str | None = None
    key_vault_key: str | None = None
    canary_percent: int = 10
    bake_s: int = 300
    private_subnet: str | None = None
    private_dns_zones: tuple[str, ...] = ()
