"""What the endpoint's configuration is made of, as plain values; and its name, of that content."""

from typing import Any

from llamactl_infra.clouds.aws.asked import Asked
from llamactl_infra.clouds.aws.disks import disk_of, volume_gb
from llamactl_infra.clouds.aws.host_image import inference_ami
from llamactl_infra.clouds.aws.model_content import model_name
from llamactl_infra.clouds.aws.names import VARIANT, content_name
from llamactl_infra.clouds.aws.places import s3_prefix
from llamactl_infra.clouds.aws.timeouts import timeouts
from llamactl_infra.spec import SageMakerSpec


def configuration_name(asked: Asked) -> str:
    """Name the configuration: other content, or another model, is another name.

    Raises:
        InvalidInput: no host image on record is new enough for the engine.
    """
    return content_name(asked.spec.name, configuration_content(asked))


def configuration_content(asked: Asked) -> dict[str, Any]:
    """Give what the configuration is made of, as plain values."""
    own = asked.own
    content: dict[str, Any] = {"production_variants": [_variant(asked)]}
    if own.kms_key is not None and disk_of(asked.instance_type) == "volume":
        content["kms_key_arn"] = own.kms_key  # an instance's own disk is encrypted, and refuses it
    if own.capture_uri is not None:
        content["data_capture_config"] = _capture(own, own.capture_uri)
    if own.async_output_uri is not None:
        content["async_inference_config"] = _async(own, own.async_output_uri)
    return content


def _variant(asked: Asked) -> dict[str, Any]:
    own, spec, bounds = asked.own, asked.spec, timeouts(asked.spec)
    variant: dict[str, Any] = {
        "variant_name": VARIANT,
        "model_name": model_name(asked),
        "instance_type": asked.instance_type,
        "initial_instance_count": spec.instances,
        "initial_variant_weight": 1,
        "inference_ami_version": inference_ami(spec, asked.instance_type),
        "container_startup_health_check_timeout_in_seconds": bounds.health_s,
        "model_data_download_timeout_in_seconds": bounds.download_s,
    }
    if own.async_output_uri is None:
        variant["routing_configs"] = [{"routing_strategy": own.routing}]
    volume = volume_gb(asked.instance_type, spec.weights_bytes, own.volume_gb)
    if volume is not None:
        variant["volume_size_in_gb"] = volume
    return variant


def _capture(own: SageMakerSpec, uri: str) -> dict[str, Any]:
    capture: dict[str, Any] = {
        "enable_capture": True,
        "initial_sampling_percentage": own.capture_percent,
        "destination_s3_uri": _folder(uri),
        "capture_options": [{"capture_mode": "Input"}, {"capture_mode": "Output"}],
        # Without it a body of JSON is captured as base64.
        "capture_content_type_header": {"json_content_types": ["application/json"]},
    }
    return capture if own.kms_key is None else {**capture, "kms_key_id": own.kms_key}


def _async(own: SageMakerSpec, uri: str) -> dict[str, Any]:
    output: dict[str, Any] = {"s3_output_path": _folder(uri)}
    if own.async_failure_uri is not None:
        output["s3_failure_path"] = _folder(own.async_failure_uri)
    if own.kms_key is not None:
        output["kms_key_id"] = own.kms_key
    topics = {"success_topic": own.async_success_topic, "error_topic": own.async_error_topic}
    told = {name: topic for name, topic in topics.items() if topic is not None}
    if told:
        output["notification_config"] = told
    content: dict[str, Any] = {"output_config": output}
    if own.async_concurrency is not None:
        most = own.async_concurrency
        content["client_config"] = {"max_concurrent_invocations_per_instance": most}
    return content


def _folder(uri: str) -> str:
    place = s3_prefix(uri)
    return uri if place is None else place.uri
