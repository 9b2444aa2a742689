"""An endpoint that a creation has left which Pulumi saw fail: found by its name and its tag.

Source: terraform-provider-aws 6.30, internal/service/sagemaker/endpoint.go, resourceEndpointCreate:
the id is set after the wait for it, so that a state has nothing of one that fails or takes longer.
"""

from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from llamactl_infra.clouds.aws.causes import UNMENDABLE
from llamactl_infra.clouds.tags import PREFIX
from llamactl_infra.live.aws.asking import Absent, Clients, told
from llamactl_infra.live.aws.endpoint import described
from llamactl_infra.live.cloud import Orphan
from llamactl_infra.spec import Spec

_TAG = f"{PREFIX}deployment"


def orphan_of(clients: Clients, spec: Spec) -> Orphan | None:
    """Return the endpoint with the deployment's name and tag; None: there is none.

    Raises:
        LlamactlError: SageMaker does not let it be read.
    """
    live = described(clients, spec)
    if live is None or live["EndpointStatus"] == "Deleting":
        return None
    if sagemaker_tags(clients, spec, str(live["EndpointArn"])).get(_TAG) != spec.name:
        return None
    (kind,) = UNMENDABLE
    inputs = {"name": spec.name, "endpointConfigName": str(live["EndpointConfigName"])}
    return Orphan(kind, f"{spec.name}-endpoint", spec.name, inputs)


def remove_orphan(clients: Clients, spec: Spec) -> None:
    """Delete the endpoint, if it is still the deployment's.

    Raises:
        LlamactlError: SageMaker refuses.
    """
    if orphan_of(clients, spec) is None:
        return
    client = clients.within("sagemaker", spec)
    with suppress(Absent), told("sagemaker:DeleteEndpoint"):
        client.delete_endpoint(EndpointName=spec.name)


def sagemaker_tags(clients: Clients, spec: Spec, arn: str) -> Mapping[str, str]:
    """Return the tags of something of SageMaker's.

    Raises:
        LlamactlError: SageMaker does not let them be read.
    """
    client: Any = clients.within("sagemaker", spec)
    with told("sagemaker:ListTags"):
        pages = client.get_paginator("list_tags").paginate(ResourceArn=arn)
        return {each["Key"]: each["Value"] for page in pages for each in page["Tags"]}
