"""The image and the weights lie where SageMaker is to fetch them."""

import pytest

pytest.importorskip("pulumi_aws", reason="needs the extra 'aws'")
from infra.live.aws.checked import found
from infra.sagemaker.declared import READY, spec_of
from llamactl_catalog.errors import NotFound
from standins.aws import ACCOUNT
from standins.aws.faults import denied

IMAGE = f"{ACCOUNT}.dkr.ecr.us-east-1.amazonaws.com/llamactl/tgi@sha256:{'ab' * 32}"


def test_one_that_is_in_ecr_is_there(aws, live):
    image = pushed(aws)

    assert found(live, spec_of(image=image))["image"].state == "ok"


def test_one_that_is_not_there_fails(aws, live):
    pushed(aws)

    told = found(live, spec_of(image=IMAGE))["image"]

    assert isinstance(told.error, NotFound)
    assert told.error.hint == "llamactl image push puts it there"


def test_a_repository_that_is_not_there_fails(live):
    assert found(live, spec_of(image=IMAGE))["image"].state == "failed"


def test_one_that_ecr_does_not_show_is_unknown(aws, live):
    aws.faults.append(denied("DescribeImages"))

    assert found(live, spec_of(image=IMAGE))["image"].state == "unknown"


def test_a_prefix_with_weights_is_there(aws, live):
    bucket = aws.client("s3")
    bucket.create_bucket(Bucket="weights")
    bucket.put_object(Bucket="weights", Key="llama-2-7b-chat/config.json", Body=b"{}")

    assert found(live, spec_of())["weights"].state == "ok"


def test_an_empty_prefix_fails_with_the_command_that_fills_it(aws, live):
    aws.client("s3").create_bucket(Bucket="weights")

    told = found(live, spec_of())["weights"]

    command = "llamactl weights stage llama-2-7b-chat --to s3://weights/llama-2-7b-chat/"
    assert told.error.hint == command


def test_a_bucket_that_is_not_there_fails(live):
    told = found(live, spec_of())["weights"]

    assert told.text == "there is no bucket weights"


def test_a_bucket_of_another_region_fails(aws, live):
    aws.client("s3").create_bucket(
        Bucket="weights", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"}
    )

    told = found(live, spec_of())["weights"]

    assert told.text == "the bucket weights is in eu-west-1, and the endpoint in us-east-1"


def pushed(aws):
    """Put an image into ECR, and name it by its digest."""
    client = aws.client("ecr")
    client.create_repository(repositoryName="llamactl/tgi")
    manifest = '{"schemaVersion": 2, "mediaType": "application/vnd.oci.image.manifest.v1+json"}'
    answer = client.put_image(
        repositoryName="llamactl/tgi", imageManifest=manifest, imageTag="3.3.6"
    )
    digest = answer["image"]["imageId"]["imageDigest"]
    return f"{ACCOUNT}.dkr.ecr.us-east-1.amazonaws.com/llamactl/tgi@{digest}"


def test_the_digest_of_an_image_of_awss_own_is_asked_of_its_registry(aws, live):
    aws.ready_images[READY.rpartition(":")[2]] = f"sha256:{'cd' * 32}"

    assert live.image_digest(READY) == f"sha256:{'cd' * 32}"


def test_a_registry_that_does_not_tell_leaves_the_tag(aws, live):
    aws.faults.append(denied("BatchGetImage"))

    assert live.image_digest(READY) is None


def test_a_tag_that_is_not_there_has_no_digest(live):
    assert live.image_digest(READY) is None
