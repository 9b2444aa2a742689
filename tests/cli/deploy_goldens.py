"""The pages and the record of what is about to be deployed, on the bundled prices and a fixed day.

To write them anew: python tests/cli/deploy_goldens.py
"""

import json
import tempfile
from functools import cache
from pathlib import Path

from cli.plan_goldens import GOLDEN, planned
from llamactl.app import App
from llamactl.pipeline.cloud_order import CloudOrder
from llamactl.pipeline.confirmation_page import confirmation_page, next_steps
from llamactl.pipeline.deploy_record import deploy_record
from llamactl.pipeline.license_standing import license_standing
from llamactl.pipeline.placing import Candidates
from llamactl.pipeline.preparing import prepared
from llamactl.pipeline.sought import Scaling
from llamactl_catalog.catalog import load_catalog
from llamactl_catalog.selection import Selection

CLOUDS = ("aws", "azure")
SIZES = ("llama-2-7b-chat", "llama-2-13b-chat", "llama-2-70b-chat")
_CATALOG = load_catalog()


def app_in(folder):
    return App(state_dir=Path(folder) / "state", cache_dir=Path(folder) / "cache")


@cache
def candidates_for(model, cloud, quantizations=("none",), replicas=None, most=None):
    """What an order may become, by the prices of the bundle."""
    found = planned(
        model, Selection(clouds=(cloud,)), quantizations=quantizations, instances=replicas
    )
    return Candidates(_CATALOG.model(model), found, found.placements, Scaling(most), None)


def made(app, model, cloud, *, found=None, account=None, **options):
    """What an order becomes, on the best placement."""
    found = found if found is not None else candidates_for(model, cloud)
    order = CloudOrder(model=model, cloud=cloud, dry_run=account is None, **options)
    return prepared(app, order, found, found.placements[0], None, account=account)


def page(model, cloud, **options):
    with tempfile.TemporaryDirectory() as folder:
        app = app_in(folder)
        standing = license_standing(app, _CATALOG.model(model), CloudOrder(model).accepted)
        ready = made(app, model, cloud, **options)
        return f"{confirmation_page(ready, standing)}\n\n{next_steps(ready, standing)}\n"


def record(model, cloud, **options):
    with tempfile.TemporaryDirectory() as folder:
        app = app_in(folder)
        standing = license_standing(app, _CATALOG.model(model), CloudOrder(model).accepted)
        told = deploy_record(made(app, model, cloud, **options), standing)
    told["plan"]["placements"] = told["plan"]["placements"][:1]
    told["plan"]["rejected"] = []
    return f"{json.dumps(told, indent=2)}\n"


def scaled():
    found = candidates_for("mistral-7b-instruct-v0.3", "aws", replicas=2, most=6)
    settings = (
        ("sagemaker.network_isolation", "true"),
        ("sagemaker.subnets", "subnet-1,subnet-2"),
        ("sagemaker.security_groups", "sg-1"),
        ("sagemaker.kms_key", "arn:aws:kms:us-east-1:111122223333:key/k"),
        ("alarm_actions", "arn:aws:sns:us-east-1:111122223333:ops"),
    )
    told = {"update": "canary", "owner": "platform", "expires_on": "2027-01-31"}
    return page("mistral-7b-instruct-v0.3", "aws", found=found, settings=settings, **told)


TEXTS = {
    **{
        f"deploy_{model.split('-')[2]}_{cloud}.txt": (lambda m=model, c=cloud: page(m, c))
        for model in SIZES
        for cloud in CLOUDS
    },
    "deploy_base_azure.txt": lambda: page("llama-2-7b", "azure"),
    "deploy_scaled_aws.txt": scaled,
    "deploy_7b_aws.json": lambda: record("llama-2-7b-chat", "aws"),
    "deploy_7b_azure.json": lambda: record("llama-2-7b-chat", "azure"),
}

if __name__ == "__main__":
    for name, text in TEXTS.items():
        (GOLDEN / name).write_text(text(), "utf-8")
