"""Which models of an account read weights from a place in S3, whoever has made them."""

from collections.abc import Iterator, Mapping
from typing import Any

from llamactl_infra.clouds.aws.places import s3_prefix
from llamactl_infra.live.aws.asking import Absent, Clients, told

_PAGE = 100  # the most that ListModels gives at once; botocore, sagemaker, MaxResults


def weights_readers(clients: Clients, place: str, region: str | None) -> tuple[str, ...]:
    """Name the models of a region whose weights lie at, above or below a place.

    Raises:
        LlamactlError: SageMaker does not tell.
    """
    found = s3_prefix(place)
    if found is None:
        return ()
    client = clients.of("sagemaker", region)
    with told("sagemaker:ListModels"):
        pages = client.get_paginator("list_models").paginate(PaginationConfig={"PageSize": _PAGE})
        names = [str(each["ModelName"]) for page in pages for each in page["Models"]]
    return tuple(f"model {each}" for each in names if _reads(client, each, found.uri))


def _reads(client: Any, name: str, uri: str) -> bool:
    try:
        with told("sagemaker:DescribeModel"):
            model = client.describe_model(ModelName=name)
    except Absent:
        return False  # removed meanwhile
    return any(each.startswith(uri) or uri.startswith(each) for each in _places(model))


def _places(model: Mapping[str, Any]) -> Iterator[str]:
    for each in [model.get("PrimaryContainer") or {}, *model.get("Containers", ())]:
        source = each.get("ModelDataSource", {}).get("S3DataSource", {}).get("S3Uri")
        yield from (uri for uri in (source, each.get("ModelDataUrl")) if uri)
