"""What Azure ML would refuse is told before anything is declared, all at once."""

from dataclasses import replace

import pytest

from infra.azure_ml.specs import DECLARED, GATED, SMALL, SUBNET, with_own
from llamactl_catalog.errors import InvalidFile
from llamactl_infra.clouds.azure.checks import check
from llamactl_infra.spec import Schedule


@pytest.mark.parametrize("name", DECLARED)
def test_what_is_declared_is_in_order(name):
    check(DECLARED[name])


@pytest.mark.parametrize(
    ("spec", "said"),
    [
        (with_own(SMALL, request_timeout_s=181), "181 is above the limit of 180"),
        (replace(SMALL, instances=51), "instances: 51 at the peak, above the limit"),
        (replace(SMALL, min_instances=3, max_instances=2), "min_instances: 3 is above"),
        (with_own(SMALL, deployment="1st"), "azure_ml.deployment: '1st' begins no name"),
        (with_own(SMALL, canary_percent=100), "canary_percent: 100 leaves nothing"),
        (with_own(GATED, public_egress=False), "cannot fetch its weights from the Hub"),
        (with_own(SMALL, private_subnet=SUBNET), "is for an endpoint without public_access"),
        (with_own(SMALL, private_dns_zones=("z",)), "are for an endpoint in a private_subnet"),
        (with_own(SMALL, model_asset="azureml:x:1"), "is no model of a registry"),
        (with_own(SMALL, key_vault_key="https://vault"), "is no resource id of a version"),
        (replace(SMALL, log_days=731), "log_days: 731 is above the limit of 730"),
        (replace(SMALL, log_days=7), "log_days: 7 is below the limit of 30"),
        (replace(SMALL, health_timeout_s=9), "health_timeout_s (--timeout): 9 s is below the 10 s"),
        (replace(SMALL, tags={"a?": "b"}), "tags.a?: Azure takes no such tag"),
        (replace(SMALL, tags={"a": "b" * 257}), "tags.a: Azure takes no such tag"),
        (replace(SMALL, tags={str(each): "" for each in range(43)}), "tags: 43, and Azure takes"),
        (
            replace(SMALL, schedules=(Schedule("s", "0 7 * * *", 40, 60),)),
            "instances: 60 at the peak, above the limit",
        ),
        (replace(SMALL, schedules=(Schedule("s", "x", 1, 2),)), "schedules[0]: 'x': not five"),
    ],
)
def test_what_is_out_of_bounds_is_refused(spec, said):
    with pytest.raises(InvalidFile, match="deployment 'mistral'") as error:
        check(spec)

    assert said in str(error.value)


def test_all_that_is_missing_is_told_at_once():
    bare = replace(SMALL, region=None, instance_type=None, image=None, azure_ml=None)

    with pytest.raises(InvalidFile) as error:
        check(bare)

    for name in ("azure_ml", "region", "instance_type", "image"):
        assert f"{name}: is missing" in str(error.value)
