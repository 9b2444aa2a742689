"""Azure ML's part in a spec."""

from collections.abc import Iterable, Mapping
from dataclasses import replace

from llamactl_catalog.engine_versions import engine_version
from llamactl_catalog.errors import InvalidInput, NotFound
from llamactl_catalog.model import Model
from llamactl_catalog.serving_contracts import contract_of
from llamactl_containers.buckets.address import bucket_address
from llamactl_containers.engines.engine import LaunchSettings
from llamactl_containers.registries.acr import is_acr
from llamactl_containers.registries.ecr import ecr_of
from llamactl_infra.clouds.azure.checks import CLOUD, check
from llamactl_infra.deployment import AuthKind
from llamactl_infra.drafts.draft import Guard, UsualImage
from llamactl_infra.spec import AzureMlSpec, Spec

NO_SUBSCRIPTION = "00000000-0000-0000-0000-000000000000"
"""Stands where a subscription's id belongs while nobody is signed in."""

_LONGEST_GROUP = 90  # source: Azure, resource-name-rules, Microsoft.Resources/resourceGroups
_ACCOUNTS = ("AZURE_STORAGE_ACCOUNT_NAME", "AZURE_STORAGE_ACCOUNT")
_BLOBS = "blob.core.windows.net"


class AzureDraft:
    """An Azure ML managed online endpoint."""

    section = "azure_ml"
    scheme = "az"
    keeps_token = True
    can_canary_one = True
    update_caution = (
        "update: a second deployment is made beside the first, with a quota of its own, until the "
        "traffic has moved; a rolling one replaces instances of the same deployment"
    )

    def auth(self, spec: Spec) -> AuthKind:
        """Let callers in by a key or by a token of Entra, as it is set."""
        return "key" if spec.azure_ml is None else spec.azure_ml.auth

    def ready_image(self, engine: str, version: str | None, region: str) -> UsualImage:  # noqa: ARG002 - as every draft
        """Refuse: Azure has no image of these engines that takes a model of one's own.

        Raises:
            NotFound: always.
        """
        hint = "leave --image out to take the engine's own, or build one: --registry REGISTRY"
        raise NotFound(f"{CLOUD} has no ready image of {engine}", hint=hint)

    def usual_image(self, engine: str, version: str | None, region: str) -> UsualImage:  # noqa: ARG002 - as every draft
        """Give the image that the engine itself publishes."""
        known = engine_version(engine if version is None else f"{engine}@{version}")
        if known.digest is None:
            return UsualImage("published", known, known.image)
        return UsualImage("published", known, f"{known.repository}@{known.digest}")

    def reaches(self, registry: str, spec: Spec) -> bool:
        """Tell whether it is the registry that the endpoint is given the right to pull from."""
        own = spec.azure_ml
        named = None if own is None else own.container_registry
        return named is not None and named.rpartition("/")[2].lower() == registry.partition(".")[0]

    def environment(self, settings: LaunchSettings, *, ready: bool) -> dict[str, str]:  # noqa: ARG002 - as every draft
        """Give the environment with the port: the engine's own image listens on another one."""
        return {**settings.as_environment(), "PORT": str(contract_of(CLOUD).port)}

    def staging_place(self, model: Model, revision: str, spec: Spec, account: str) -> str | None:  # noqa: ARG002 - as every draft
        """Name none: there is no account for it before the workspace is made."""
        return None

    def is_default_place(self, place: str, spec: Spec) -> bool:  # noqa: ARG002 - as every draft
        """Tell that it is none: each was named by someone."""
        return False

    def isolated(self, spec: Spec) -> bool:
        """Tell whether the containers reach nothing outside of the workspace."""
        return spec.azure_ml is not None and not spec.azure_ml.public_egress

    def is_given(self, place: str) -> bool:  # noqa: ARG002 - as every draft
        """Tell that there is none: every container is somebody's own."""
        return False

    def check_storage(self, spec: Spec, environment: Mapping[str, str]) -> None:
        """Refuse to stage into another storage account than the endpoint reads.

        Raises:
            InvalidInput: the environment names another one.
        """
        own = spec.azure_ml
        read = None if own is None or own.storage_account is None else own.storage_account
        name = None if read is None else read.rpartition("/")[2]
        told = next((environment[each] for each in _ACCOUNTS if environment.get(each)), None)
        if told is not None and name is not None and told != name:
            message = f"the environment names the storage account {told}, the endpoint reads {name}"
            raise InvalidInput(message, hint=f"{_ACCOUNTS[0]}={name}")

    def have_place(self, place: str, spec: Spec, account: str) -> None:
        """Leave it: the user has named a container that is there."""

    def weights_uri(self, place: str, spec: Spec) -> str:
        """Write it with the account that the endpoint is given the right to read."""
        own = spec.azure_ml
        account = None if own is None else own.storage_account
        if account is None:
            hint = (
                "--set azure_ml.storage_account=/subscriptions/…/storageAccounts/NAME, by which "
                "the endpoint gets the right to read them"
            )
            raise InvalidInput(f"--weights {place}: in which storage account?", hint=hint)
        address = bucket_address(place)
        name = account.rpartition("/")[2]
        folder = f"{address.prefix}/" if address.prefix else ""
        return f"https://{name}.{_BLOBS}/{address.bucket}/{folder}"

    def completed(self, spec: Spec, account: str | None, at_once: int | None) -> Spec:
        """Give Azure ML's own settings: a resource group and a workspace of the deployment's own.

        More requests at once than an instance has room for are refused by Azure, so that the
        number is that of the sizing and not the one of the load.
        """
        own = spec.azure_ml
        if own is None:
            group = f"llamactl-{spec.name}"[:_LONGEST_GROUP]
            subscription = account if account is not None else NO_SUBSCRIPTION
            own = AzureMlSpec(subscription=subscription, resource_group=group)
        if at_once is not None:
            own = replace(own, concurrency=at_once)
        return replace(spec, azure_ml=own)

    def check(self, spec: Spec) -> None:
        """Refuse what Azure ML would, and an image that its identity could not pull."""
        check(spec)
        host = (spec.image or "").partition("/")[0]
        own = spec.azure_ml
        if ecr_of(host) is not None:
            hint = f"push it to a registry of {CLOUD}'s, or leave --image and --registry out"
            raise InvalidInput(f"no endpoint there pulls from {host}", hint=hint)
        is_made = own is not None and own.workspace is None
        if is_made and is_acr(host) and not self.reaches(host, spec):
            name = host.partition(".")[0]
            hint = f"--set azure_ml.container_registry=/subscriptions/…/registries/{name}"
            raise InvalidInput(f"the endpoint may not pull from {host} yet", hint=hint)

    def account_meant(self, settings: Iterable[tuple[str, str]], stored: Spec | None) -> str | None:
        """Give the subscription that a setting names, else that of what stands."""
        named = dict(settings).get(f"{self.section}.subscription")
        if named is not None or stored is None or stored.azure_ml is None:
            return named
        return stored.azure_ml.subscription

    def guards(self, spec: Spec) -> tuple[Guard, ...]:
        """Tell of the managed network, keys and private access."""
        own = spec.azure_ml
        closed = own is not None and not own.public_egress
        private = own is not None and not own.public_access
        key = None if own is None else own.key_vault_key
        isolated = (
            "the containers reach the workspace alone"
            if closed
            else "the containers reach the internet: --set azure_ml.public_egress=false"
        )
        reached = (
            "the endpoint is reached privately alone"
            if private
            else "the endpoint has a public address: --set azure_ml.public_access=false"
        )
        at_rest = (
            f"by your key {key.split('/')[-3]}"
            if key is not None
            else ("by a key of Azure's; yours: --set azure_ml.key_vault_key=ID")
        )
        return (
            Guard("network isolation", closed, isolated),
            Guard("encryption", True, f"TLS; at rest {at_rest}"),
            Guard("private network", private, reached),
        )
