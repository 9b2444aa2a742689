"""Every instance type that SageMaker hosts on is in the table of disks, or is said not to be."""

import pytest

pytest.importorskip("pulumi_aws", reason="needs the extra 'aws'")
import botocore.session

from infra.sagemaker.declared import by_type, declared, spec_of
from llamactl_infra.clouds.aws.checks import problems_of
from llamactl_infra.clouds.aws.disks import disk_of, volume_gb
from llamactl_infra.live.aws.artifacts import disk_finding
from llamactl_infra.spec import SageMakerSpec

SAGEMAKER = botocore.session.Session().get_service_model("sagemaker")
TYPES = sorted(SAGEMAKER.shape_for("ProductionVariantInstanceType").enum)
# Of these no source says both what EC2 has and what SageMaker takes.
NOT_ON_RECORD = {"dl1", "g7", "p6e-gb200"}


def test_what_is_not_on_record_is_known_by_name():
    """A family that AWS adds fails here, until its disk is looked up."""
    assert {each.split(".")[1] for each in TYPES if disk_of(each) == "unknown"} == NOT_ON_RECORD


@pytest.mark.parametrize("of", ["ml.g7.2xlarge", "ml.z9.large", "standard"])
def test_on_a_type_that_is_not_on_record_nothing_is_asked_of_a_disk(of):
    assert (disk_of(of), volume_gb(of, 10**10, 100)) == ("unknown", None)


@pytest.mark.parametrize("own", [{"volume_gb": 100}, {"kms_key": "arn:aws:kms:us-east-1:1:key/1"}])
def test_what_only_a_volume_takes_is_refused_where_it_is_not_on_record(own):
    spec = spec_of(instance_type="ml.g7.2xlarge", sagemaker=SageMakerSpec(**own))

    (problem,) = problems_of(spec)

    (name,) = own
    assert problem.startswith(f"sagemaker.{name}: whether ml.g7.2xlarge has a disk of its own")


def test_a_check_says_that_it_is_not_on_record():
    told = disk_finding(spec_of(instance_type="ml.g7.2xlarge"))

    assert told is not None
    assert (told.check, told.state) == ("disk", "unknown")
    assert disk_finding(spec_of()) is None


def test_without_either_it_is_declared_without_a_volume():
    ami = SageMakerSpec(inference_ami="al2-ami-sagemaker-inference-gpu-3-1")
    made, _ = declared(spec_of(instance_type="ml.g7.2xlarge", sagemaker=ami))

    (configuration,) = by_type(made, "EndpointConfiguration")
    assert "volumeSizeInGb" not in configuration["productionVariants"][0]
