"""All that there is in the account, by name: what a deployment makes, and more."""

from collections.abc import Iterator

from standins.aws.account import ACCOUNT, REGION
from standins.aws.endpoints import Endpoints


def remains(endpoints: Endpoints) -> list[str]:
    """Name it all, each with its kind in front."""
    return sorted([*_of_sagemaker(endpoints), *_of_moto(), *staged()])


def staged() -> list[str]:
    """Name the copies of weights that lie in buckets, by what says that they are whole."""
    from moto.s3.models import s3_backends

    # One store for all regions, by partition. Source: moto's s3_backends.
    buckets = s3_backends[ACCOUNT]["aws"].buckets
    folders = {
        f"s3://{name}/{key.partition('/.llamactl/')[0]}"
        if "/.llamactl/" in key
        else f"s3://{name}/{key.rpartition('/')[0]}"
        for name, bucket in buckets.items()
        for key in bucket.keys
    }
    return sorted(f"weights {each}" for each in folders)


def _of_sagemaker(endpoints: Endpoints) -> Iterator[str]:
    yield from (f"model {name}" for _, name in endpoints.models.known)
    yield from (f"configuration {name}" for _, name in endpoints.configurations.known)
    yield from (f"endpoint {name}" for _, name in endpoints.known)


def _of_moto() -> Iterator[str]:
    from moto.applicationautoscaling.models import applicationautoscaling_backends
    from moto.cloudwatch.models import cloudwatch_backends
    from moto.ecr.models import ecr_backends
    from moto.iam.models import iam_backends
    from moto.logs.models import logs_backends

    yield from (f"role {each.name}" for each in iam_backends[ACCOUNT]["aws"].roles.values())
    for region in {REGION, *logs_backends[ACCOUNT], *cloudwatch_backends[ACCOUNT]}:
        yield from (f"log group {each}" for each in logs_backends[ACCOUNT][region].groups)
        yield from (f"alarm {each}" for each in cloudwatch_backends[ACCOUNT][region].alarms)
        boards = cloudwatch_backends[ACCOUNT][region].dashboards
        yield from (f"dashboard {each}" for each in boards)
        yield from (f"repository {each}" for each in ecr_backends[ACCOUNT][region].repositories)
    for region in {REGION, *applicationautoscaling_backends[ACCOUNT]}:
        scaling = applicationautoscaling_backends[ACCOUNT][region]
        targets = [name for each in scaling.targets.values() for name in each]
        yield from (f"scalable target {each}" for each in targets)
        yield from (f"scaling policy {each.policy_name}" for each in scaling.policies.values())
        actions = scaling.scheduled_actions
        yield from (f"scheduled action {each.scheduled_action_name}" for each in actions)
