"""What is about to be deployed as JSON: `deploy --dry-run --json`; --plan reads it back."""

import re
from typing import Any

from llamactl.pipeline.deploy_guards import cautions_of, changes_of, guards_of
from llamactl.pipeline.license_standing import LicenseStanding
from llamactl.pipeline.preparing import Prepared
from llamactl.plan_record import plan_record
from llamactl_catalog.quota import quota
from llamactl_infra.spec import SECRETS


def deploy_record(ready: Prepared, standing: LicenseStanding) -> dict[str, Any]:
    """Give the record; secrets are left out."""
    spec, placement = ready.spec, ready.placement
    config = {key: text for key, text in spec.to_config().items() if key not in SECRETS}
    return {
        "deployment": spec.name,
        "model": ready.model.id,
        "cloud": spec.cloud,
        "region": spec.region,
        "instance_type": spec.instance_type,
        "replicas": placement.replicas,
        "min_instances": spec.min_instances,
        "max_instances": spec.max_instances,
        "engine": spec.engine,
        "engine_version": spec.engine_version,
        "quantization": placement.quantization,
        "num_shard": placement.num_shard,
        "image": ready.image.reference,
        "image_source": ready.image.kind,
        "image_registry": ready.image.registry,
        "weights": _weights(ready),
        "license": standing.as_json(),
        "quota": _quota(ready),
        "usd_per_hour": round(placement.usd_per_hour, 6),
        "peak_instances": ready.capacity.peak,
        "peak_usd_per_hour": round(ready.peak_usd_per_hour, 6),
        "usd_per_month": round(placement.usd_per_month, 2),
        "usd_per_million_tokens": round(placement.usd_per_million_tokens, 4),
        "guards": {
            re.sub(r"\W", "_", each.name): {"on": each.on, "text": each.text}
            for each in guards_of(ready, standing)
        },
        "changes": changes_of(ready),
        "warnings": list(cautions_of(ready)),
        "plan": plan_record(ready.plan, None, accepted=standing.is_open),
        "config": config,
    }


def _weights(ready: Prepared) -> dict[str, Any]:
    it = ready.weights
    return {
        "source": it.kind,
        "repo": it.repo,
        "revision": it.revision,
        "size_bytes": it.size_bytes,
        "uri": it.uri,
    }


def _quota(ready: Prepared) -> dict[str, Any]:
    needed = quota(ready.placement.offer.instance_type, ready.capacity.peak)
    return {
        "name": needed.name,
        "code": needed.code,
        "unit": needed.unit,
        "needed": needed.needed,
        "needed_to_update": needed.needed_to_update,
    }
