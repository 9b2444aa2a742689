"""The container's environment: the launch settings, completed by what must never be missing."""

from collections.abc import Mapping

from llamactl_catalog.serving_contracts import contract_of
from llamactl_infra.clouds.aws.places import CLOUD, is_ready_image
from llamactl_infra.spec import Spec

# What a ready image's own entry script asks for, by what an image of llamactl's does.
# Source: text-generation-inference, sagemaker-entrypoint.sh of v2.0.0 to v3.3.6.
_READY = {"MODEL_ID": "HF_MODEL_ID", "REVISION": "HF_MODEL_REVISION", "NUM_SHARD": "SM_NUM_GPUS"}


def container_environment(spec: Spec) -> dict[str, str]:
    """Give the environment: what the spec says of the model, under what it says itself.

    An image of llamactl's finds weights that the platform has fetched by itself; a ready one is
    told their folder.
    """
    is_ready = spec.image is not None and is_ready_image(spec.image)
    known: dict[str, str] = {}
    if spec.num_shard is not None:
        known["NUM_SHARD"] = str(spec.num_shard)
    if spec.weights_uri is None:
        known["MODEL_ID"] = spec.weights
        if spec.revision is not None:
            known["REVISION"] = spec.revision
    elif is_ready:
        known["MODEL_ID"] = contract_of(CLOUD).model_dir or ""
    names = _READY if is_ready else {}
    told = {names.get(name, name): value for name, value in known.items()}
    return {**_without(told, spec.environment), **spec.environment}


def _without(known: Mapping[str, str], said: Mapping[str, str]) -> dict[str, str]:
    """Leave out what is said already, by either name."""
    other = {**_READY, **{ready: name for name, ready in _READY.items()}}
    return {name: value for name, value in known.items() if other[name] not in said}
