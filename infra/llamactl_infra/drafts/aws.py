"""SageMaker's part in a spec."""

from collections.abc import Iterable, Mapping
from dataclasses import replace

from llamactl_catalog.engine_versions import engine_version
from llamactl_catalog.errors import InvalidInput
from llamactl_catalog.model import Model
from llamactl_catalog.ready_images import ready_image, ready_reference
from llamactl_catalog.serving_contracts import contract_of
from llamactl_containers.engines.engine import LaunchSettings
from llamactl_containers.engines.tgi import for_ready_image
from llamactl_infra.clouds.aws.checks import check
from llamactl_infra.clouds.aws.disks import disk_of
from llamactl_infra.clouds.aws.places import CLOUD, ecr_image, s3_prefix
from llamactl_infra.deployment import AuthKind
from llamactl_infra.drafts.draft import Guard, UsualImage
from llamactl_infra.spec import SageMakerSpec, Spec

NO_ACCOUNT = "000000000000"
"""Stands where an account's number belongs while nobody is signed in."""


_JUMPSTART = ("jumpstart-cache-prod-", "jumpstart-private-cache-prod-")


class AwsDraft:
    """A SageMaker endpoint."""

    section = "sagemaker"
    scheme = "s3"
    # The token would stand in the model's environment, for everyone to read who may describe it.
    keeps_token = False
    can_canary_one = False
    update_caution = (
        "update: new instances make a second fleet as large as the first, with its quota, unless "
        "it is a rolling one; SageMaker sets an autoscaled count back, so it begins at what runs"
    )

    def auth(self, spec: Spec) -> AuthKind:  # noqa: ARG002 - as every draft
        """Have each request signed: SageMaker knows no other way."""
        return "sigv4"

    def ready_image(self, engine: str, version: str | None, region: str) -> UsualImage:
        """Give AWS's own image, by its tag: the account that it is in is AWS's."""
        if version is not None:
            engine_version(f"{engine}@{version}")  # refuses what may not be deployed
        image = ready_image(CLOUD, engine, version)
        known = engine_version(f"{engine}@{image.version}")
        return UsualImage("ready", known, ready_reference(image, region))

    def usual_image(self, engine: str, version: str | None, region: str) -> UsualImage:
        """Give AWS's own image: SageMaker pulls from ECR alone."""
        return self.ready_image(engine, version, region)

    def reaches(self, registry: str, spec: Spec) -> bool:
        """Tell whether a registry is ECR's, of the same region."""
        image = ecr_image(f"{registry}/any")
        return image is not None and image.region == spec.region

    def environment(self, settings: LaunchSettings, *, ready: bool) -> dict[str, str]:
        """Give the environment, by the names that a ready image's own entry script takes."""
        if ready:
            return for_ready_image(settings, contract_of(CLOUD)).as_environment()
        return settings.as_environment()

    def staging_place(self, model: Model, revision: str, spec: Spec, account: str) -> str | None:
        """Name the bucket that SageMaker's own SDK makes in each region, too.

        Source: sagemaker-core 2.27.0, Session.default_bucket.
        """
        return f"s3://sagemaker-{spec.region}-{account}/llamactl/{model.id}/{revision}"

    def is_default_place(self, place: str, spec: Spec) -> bool:
        """Tell whether it is in the account's own bucket, where nothing else of llamactl's lies."""
        found, own = s3_prefix(place), spec.sagemaker
        if found is None or own is None or own.account is None:
            return False
        bucket = f"sagemaker-{spec.region}-{own.account}"
        return found.bucket == bucket and found.prefix.startswith("llamactl/")

    def isolated(self, spec: Spec) -> bool:
        """Tell whether the container reaches no network."""
        return spec.sagemaker is not None and spec.sagemaker.network_isolation

    def is_given(self, place: str) -> bool:
        """Tell whether it is a bucket of JumpStart's."""
        found = s3_prefix(place)
        return found is not None and found.bucket.startswith(_JUMPSTART)

    def check_storage(self, spec: Spec, environment: Mapping[str, str]) -> None:
        """Take it: a bucket's name is of one account alone."""

    def have_place(self, place: str, spec: Spec, account: str) -> None:
        """Make the bucket, closed to the public, in the region of the endpoint."""
        from llamactl_infra.drafts.default_bucket import have_bucket

        found = s3_prefix(place)
        if found is not None and spec.region is not None:
            have_bucket(found.bucket, spec.region, account)

    def weights_uri(self, place: str, spec: Spec) -> str:  # noqa: ARG002 - as every draft
        """Write it as a folder: what SageMaker is told begins all keys."""
        found = s3_prefix(place)
        if found is None:
            hint = "write s3://bucket/prefix"
            raise InvalidInput(f"--weights: '{place}' is no folder in S3", hint=hint)
        return found.uri

    def completed(self, spec: Spec, account: str | None, at_once: int | None) -> Spec:  # noqa: ARG002 - as every draft
        """Give SageMaker's own settings with the account; beyond it the defaults do."""
        own = spec.sagemaker if spec.sagemaker is not None else SageMakerSpec()
        if account is not None and account != NO_ACCOUNT:
            own = replace(own, account=account)
        return replace(spec, sagemaker=own)

    def check(self, spec: Spec) -> None:
        """Refuse what SageMaker would."""
        check(spec)

    def account_meant(
        self,
        settings: Iterable[tuple[str, str]],  # noqa: ARG002 - the protocol's
        stored: Spec | None,  # noqa: ARG002 - as above
    ) -> str | None:
        """Give none: credentials are of one account."""
        return None

    def guards(self, spec: Spec) -> tuple[Guard, ...]:
        """Tell of isolation, keys and subnets."""
        own = spec.sagemaker if spec.sagemaker is not None else SageMakerSpec()
        isolated = (
            "the containers reach no network"
            if own.network_isolation
            else "the containers reach the internet: --set sagemaker.network_isolation=true"
        )
        private = (
            f"in {len(own.subnets)} subnets of yours"
            if own.subnets
            else "in the service's own: --set sagemaker.subnets=…, …security_groups=…"
        )
        return (
            Guard("network isolation", own.network_isolation, isolated),
            Guard("encryption", True, _encryption(spec, own)),
            Guard("private network", bool(own.subnets), private),
        )


def _encryption(spec: Spec, own: SageMakerSpec) -> str:
    disk = "volume" if spec.instance_type is None else disk_of(spec.instance_type)
    if disk == "unknown":
        return "TLS; at rest by a key of AWS's or by the hardware of the instance's disk"
    if disk == "own":
        return "TLS; at rest by the hardware of the instance's own disk, which takes no other key"
    if own.kms_key is not None:
        return f"TLS; at rest by your key {own.kms_key}"
    return "TLS; at rest by a key of AWS's; yours: --set sagemaker.kms_key=ARN"
