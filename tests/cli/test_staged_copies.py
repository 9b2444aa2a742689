"""What destroy leaves of weights is named with its price; --weights removes a deployment's own."""

from dataclasses import dataclass, field

import pytest

from llamactl.pipeline.staged_copies import settle_copies
from llamactl_catalog.errors import CleanupIncomplete, Unhealthy
from llamactl_infra.spec import SageMakerSpec, Spec
from llamactl_infra.stacks.staged import StagedCopies, StagedCopy

ACCOUNT = "123456789012"  # moto's own
BUCKET = f"sagemaker-us-east-1-{ACCOUNT}"
PREFIX = "llamactl/llama-2-7b-chat/abc"
PLACE = f"s3://{BUCKET}/{PREFIX}"
COPY = StagedCopy(PLACE, "aws", "us-east-1")


@dataclass
class Stacks:
    """The deployments that stand, and what the cloud knows."""

    in_use: dict = field(default_factory=dict)
    readers: tuple = ()
    error: Exception | None = None

    def weights_in_use(self, but):
        return self.in_use

    def weights_readers(self, cloud, place, region):
        if self.error is not None:
            raise self.error
        return self.readers


@pytest.fixture
def record(tmp_path):
    return StagedCopies(tmp_path)


@pytest.fixture
def staged(s3, record):
    """A copy of 2 GB, told to be so, that deploy has staged for 'chat'."""
    if BUCKET not in [each["Name"] for each in s3.client.list_buckets()["Buckets"]]:
        s3.bucket(BUCKET)
    empty(s3)  # the server is shared, and other tests stage into the same default bucket
    put(s3, BUCKET, PREFIX)
    record.remember("chat", COPY)
    yield s3
    empty(s3)


def empty(s3):
    for key in s3.objects(BUCKET):
        s3.client.delete_object(Bucket=BUCKET, Key=key)


def put(s3, bucket, prefix):
    for name in ("model.safetensors", ".llamactl/log", "manifest.json"):
        s3.client.put_object(Bucket=bucket, Key=f"{prefix}/{name}", Body=b"x" * 1000)


def spec(**changes):
    own = SageMakerSpec(account=ACCOUNT)
    told = {
        "name": "chat",
        "model": "llama-2-7b-chat",
        "cloud": "aws",
        "engine": "tgi",
        "weights": "meta-llama/Llama-2-7b-chat-hf",
        "context_tokens": 4096,
        "parallel": 8,
        "region": "us-east-1",
        "weights_uri": f"{PLACE}/",
        "sagemaker": own,
    }
    return Spec(**(told | changes))


def test_what_stays_is_named_with_its_place_size_price_and_source(staged, record, capsys):
    settle_copies(record, Stacks(), "chat", spec(), remove=False)

    told = capsys.readouterr().err
    assert f"weights stay in {PLACE}, 2.9 KiB, about $0.00 a month" in told
    assert "($0.023 per GB and month: Amazon S3 Standard, first 50 TB, US East" in told
    assert "2026-03-13); llamactl destroy chat --weights removes them" in told
    assert len(staged.objects(BUCKET)) == 3
    assert told.count(PLACE) == 1


def test_weights_are_removed_on_request_and_nothing_beside_them(staged, record):
    put(staged, BUCKET, f"{PREFIX}d")

    settle_copies(record, Stacks(), "chat", spec(), remove=True)

    assert {each.partition("/abc")[2][:1] for each in staged.objects(BUCKET)} == {"d"}
    assert record.recall("chat") == ()


def test_copies_of_regions_that_were_tried_go_too(staged, record):
    other = f"sagemaker-eu-north-1-{ACCOUNT}"
    staged.bucket(other)
    put(staged, other, PREFIX)
    record.remember("chat", StagedCopy(f"s3://{other}/{PREFIX}", "aws", "eu-north-1"))

    settle_copies(record, Stacks(), "chat", spec(), remove=True)

    assert (staged.objects(other), staged.objects(BUCKET)) == ({}, {})


@pytest.mark.parametrize(
    ("stacks", "who"),
    [
        (Stacks(in_use={f"{PLACE}/": "other"}), "other"),
        (Stacks(in_use={f"{PLACE}/deeper/": "deep"}), "deep"),
        (Stacks(in_use={f"s3://{BUCKET}/llamactl/": "above"}), "above"),
        (Stacks(readers=("model theirs-0123456789",)), "model theirs-0123456789"),
        (Stacks(error=Unhealthy("SageMaker does not tell")), "SageMaker does not tell"),
    ],
    ids=["same", "below", "above", "of the cloud", "not told"],
)
def test_what_others_use_or_may_use_is_left_and_they_are_named(staged, record, capsys, stacks, who):
    settle_copies(record, stacks, "chat", spec(), remove=True)

    assert len(staged.objects(BUCKET)) == 3
    assert "not removed, because" in (told := capsys.readouterr().err)
    assert who in told
    assert record.recall("chat") == (COPY,)


def test_weights_that_the_user_had_put_there_are_never_removed(staged, record, s3, capsys):
    s3.bucket("mine-of-old")
    put(s3, "mine-of-old", "llama")

    settle_copies(
        record, Stacks(), "chat", spec(weights_uri="s3://mine-of-old/llama/"), remove=True
    )

    assert len(s3.objects("mine-of-old")) == 3
    assert "s3://mine-of-old/llama, 2.9 KiB" in (told := capsys.readouterr().err)
    assert "yours to remove" in told


def test_the_default_place_is_its_own_on_another_machine_too(staged, tmp_path):
    elsewhere = StagedCopies(tmp_path / "elsewhere")

    settle_copies(elsewhere, Stacks(), "chat", spec(), remove=True)

    assert staged.objects(BUCKET) == {}


def test_of_a_deployment_that_is_gone_its_copies_can_still_be_removed(staged, record):
    settle_copies(record, Stacks(), "chat", None, remove=True)

    assert staged.objects(BUCKET) == {}


def test_what_is_gone_already_is_said_nothing_of(staged, record, capsys):
    settle_copies(record, Stacks(), "chat", spec(), remove=True)
    capsys.readouterr()

    settle_copies(record, Stacks(), "chat", spec(), remove=False)

    assert capsys.readouterr().err == ""


def test_a_place_that_cannot_be_looked_at_is_named_and_stays_on_record(
    staged, record, capsys, monkeypatch
):
    monkeypatch.setenv("AWS_ENDPOINT_URL", "no address")

    settle_copies(record, Stacks(), "chat", spec(), remove=True)

    told = capsys.readouterr().err
    assert "cannot be looked at" in told
    assert "of unknown size" in told
    assert record.recall("chat") == (COPY,)


def test_a_whole_bucket_is_never_emptied(s3, record):
    s3.bucket("whole-bucket")
    put(s3, "whole-bucket", "anything")
    record.remember("chat", StagedCopy("s3://whole-bucket", "aws", "us-east-1"))

    with pytest.raises(CleanupIncomplete, match="whole bucket"):
        settle_copies(record, Stacks(), "chat", None, remove=True)

    assert len(s3.objects("whole-bucket")) == 3


def test_a_price_is_told_of_each_gigabyte():
    from llamactl.pipeline.staged_copies import Left

    assert Left(COPY, 13_476_923_672, True).usd_per_month == pytest.approx(13.476923672 * 0.023)
