"""Whether the names that a deployment needs are free, or its own."""

from collections.abc import Iterator, Mapping

from llamactl_catalog.errors import InvalidInput
from llamactl_infra.clouds.aws.asked import Asked
from llamactl_infra.clouds.aws.names import log_group_name
from llamactl_infra.clouds.tags import PREFIX
from llamactl_infra.live.aws.asking import Absent, Clients, told
from llamactl_infra.live.aws.endpoint import described
from llamactl_infra.live.aws.orphans import sagemaker_tags
from llamactl_infra.live.cloud import Finding
from llamactl_infra.spec import Spec

CHECK = "names"
_TAG = f"{PREFIX}deployment"
_ANOTHER = "another --name"
_ELSEWHERE = "log in to the backend that has its stack, or take another --name"


def names_finding(clients: Clients, asked: Asked, standing: Spec | None) -> Finding:
    """Tell whether an endpoint, a role or a log group of the name is there that is not its own.

    Raises:
        LlamactlError: AWS does not tell.
    """
    of_others = []
    for what, tags, fix in _there(clients, asked, is_new=standing is None):
        if tags.get(_TAG) != asked.spec.name:
            of_others.append((f"{what} is there, and not of this deployment", fix))
        elif standing is None:
            of_others.append((f"{what} is there, and of a stack that is not here", _ELSEWHERE))
    if not of_others:
        return Finding(CHECK, "ok", "they are free" if standing is None else "they are its own")
    text = "; ".join(said for said, _ in of_others)
    hint = "; ".join(dict.fromkeys(fix for _, fix in of_others))
    return Finding(CHECK, "failed", text, InvalidInput(text, hint=hint))


def _there(
    clients: Clients, asked: Asked, *, is_new: bool
) -> Iterator[tuple[str, Mapping[str, str], str]]:
    """Give what is there of that name, with its tags, and what to do if it is another's.

    The log group of an endpoint that stands is SageMaker's own where somebody removed the first.
    """
    endpoint = described(clients, asked.spec)
    if endpoint is not None:
        tags = sagemaker_tags(clients, asked.spec, str(endpoint["EndpointArn"]))
        yield f"the endpoint {asked.spec.name}", tags, _ANOTHER
    role = _role_tags(clients, asked) if asked.own.execution_role is None else None
    if role is not None:
        yield f"the role {asked.role}", role, _ANOTHER
    group = log_group_name(asked.spec.name)
    logs = _log_group_tags(clients, asked, group) if is_new else None
    if logs is not None:
        remove = f"aws logs delete-log-group --log-group-name {group} --region {asked.region}"
        yield f"the log group {group}", logs, f"{remove} removes it with its lines"


def _role_tags(clients: Clients, asked: Asked) -> Mapping[str, str] | None:
    client = clients.within("iam", asked.spec)
    try:
        with told("iam:GetRole"):
            role = client.get_role(RoleName=asked.role)["Role"]
    except Absent:
        return None
    return {each["Key"]: each["Value"] for each in role.get("Tags", [])}


def _log_group_tags(clients: Clients, asked: Asked, name: str) -> Mapping[str, str] | None:
    client = clients.within("logs", asked.spec)
    with told("logs:DescribeLogGroups"):
        groups = client.describe_log_groups(logGroupNamePrefix=name)["logGroups"]
    for each in groups:
        if each["logGroupName"] == name:
            arn = str(each["arn"]).removesuffix(":*")
            with told("logs:ListTagsForResource"):
                tags: Mapping[str, str] = client.list_tags_for_resource(resourceArn=arn)["tags"]
            return tags
    return None
