"""Before a deployment: its image found or named by its digest, its weights in their place."""

import socket
import threading
from dataclasses import replace
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from cli.conftest import TINY
from cli.deploy_goldens import candidates_for, made
from llamactl.app import App
from llamactl.pipeline.accepted import Accepted
from llamactl.pipeline.cloud_image import ImageChoice, have_image
from llamactl.pipeline.cloud_weights import WeightsChoice, have_weights
from llamactl_catalog.engine_versions import engine_version
from llamactl_catalog.errors import InvalidInput, NoPermission, NotFound
from llamactl_containers.buckets import s3_bucket
from llamactl_containers.builders.records import ImageRecord, ImageRecords, PushedTo
from llamactl_infra.drafts.draft import open_draft
from llamactl_infra.spec import AzureMlSpec, SageMakerSpec, Spec
from standins.hub import REPO, REVISION, TOKEN, HubStandIn
from standins.object_storage import KEYS

ACCOUNT = "123456789012"  # moto's own
DIGEST = f"sha256:{'cd' * 32}"
SMALL = "mistral-7b-instruct-v0.3"
FILES = {"config.json": b"{}", "tokenizer.json": b"{}", "model.safetensors": b"weights" * 100}
MODEL = TINY[: TINY.index("[[sources]]")].replace("gated = false", "gated = true") + (
    f'[[sources]]\nkind = "huggingface"\nrepo = "{REPO}"\nrevision = "{REVISION}"\n'
)
REGION = "us-east-1"


@pytest.fixture
def app(tmp_path):
    models = tmp_path / "overlay" / "models"
    models.mkdir(parents=True)
    (models / "small.toml").write_text(MODEL)
    return App(tmp_path / "state", tmp_path / "cache", tmp_path / "overlay")


@pytest.fixture
def hub(monkeypatch, tmp_path):
    with HubStandIn(FILES) as server:
        monkeypatch.setenv("HF_ENDPOINT", server.url)
        monkeypatch.setenv("HF_TOKEN", TOKEN)
        monkeypatch.setenv("HF_HOME", str(tmp_path / "hf"))
        yield server


def spec(region=REGION):
    own = SageMakerSpec()
    return Spec("n", "small", "aws", "tgi", REPO, 4096, 1, region=region, sagemaker=own)


def choice(place, kind="staged", *, is_default_place=True):
    return WeightsChoice(kind, REPO, REVISION, 1000, place, f"{place}/", is_default_place)


def have(app, chosen, region=REGION, account=ACCOUNT):
    have_weights(app, chosen, open_draft("aws"), spec(region), account, Accepted())


@pytest.mark.parametrize("region", ["us-east-1", "eu-west-1"])
def test_the_default_bucket_is_made_closed_and_filled(app, hub, s3, region):
    bucket = f"sagemaker-{region}-{ACCOUNT}"

    have(app, choice(f"s3://{bucket}/llamactl/small/{REVISION}"), region)

    assert f"llamactl/small/{REVISION}/model.safetensors" in s3.objects(bucket)
    closed = s3.client.get_public_access_block(Bucket=bucket)["PublicAccessBlockConfiguration"]
    assert all(closed.values())
    place = s3.client.get_bucket_location(Bucket=bucket)["LocationConstraint"]
    assert place == (None if region == REGION else region)


def test_a_bucket_whose_making_was_cut_off_is_closed_and_encrypted_by_the_next_run(app, hub, s3):
    bucket = s3.bucket(f"sagemaker-us-east-1-{ACCOUNT}-cut")

    for _ in range(2):
        s3_bucket.have_bucket(s3.client, bucket, REGION, ACCOUNT)

    closed = s3.client.get_public_access_block(Bucket=bucket)["PublicAccessBlockConfiguration"]
    assert all(closed.values())
    (rule,) = s3.client.get_bucket_encryption(Bucket=bucket)["ServerSideEncryptionConfiguration"][
        "Rules"
    ]
    assert rule["ApplyServerSideEncryptionByDefault"]["SSEAlgorithm"] == "AES256"


def test_what_somebody_has_set_of_a_bucket_is_left(app, s3):
    bucket = s3.bucket("set-by-somebody")
    own = {"BlockPublicAcls": True, "IgnorePublicAcls": True}
    s3.client.put_public_access_block(Bucket=bucket, PublicAccessBlockConfiguration=own)

    s3_bucket.have_bucket(s3.client, bucket, REGION, ACCOUNT)

    told = s3.client.get_public_access_block(Bucket=bucket)["PublicAccessBlockConfiguration"]
    assert {name: told[name] for name in own} == own
    assert not told["BlockPublicPolicy"]


def test_what_is_there_is_verified_and_not_fetched_again(app, hub, s3):
    place = f"s3://{s3.bucket('once')}/here"
    have(app, choice(place, is_default_place=False))
    asked = len(hub.asked)

    have(app, choice(place, is_default_place=False))

    assert len(hub.asked) == asked


def test_quantized_weights_that_are_not_there_are_not_replaced_by_others(app, hub, s3):
    place = f"s3://{s3.bucket('none-yet')}/awq"

    with pytest.raises(NotFound) as refused:
        have(app, choice(place, "prepared", is_default_place=False))

    assert "llamactl weights stage small --source FOLDER" in refused.value.hint


def test_weights_are_staged_into_the_account_that_the_endpoint_reads(app, monkeypatch):
    monkeypatch.setenv("AZURE_STORAGE_ACCOUNT_NAME", "others")
    account = "/subscriptions/s/resourceGroups/g/providers/Microsoft.Storage/storageAccounts/mine"
    own = AzureMlSpec("s", "g", storage_account=account)
    on_azure = replace(spec(), cloud="azure", azure_ml=own)

    with pytest.raises(InvalidInput, match="others, the endpoint reads mine"):
        have_weights(app, choice("az://w/x"), open_draft("azure"), on_azure, ACCOUNT, Accepted())


class OfAnother(BaseHTTPRequestHandler):
    """An S3 whose every bucket is another account's than the one that is expected."""

    def do_HEAD(self):
        is_expected = self.headers["x-amz-expected-bucket-owner"] != ACCOUNT
        self.send_response(200 if is_expected else 403)
        self.end_headers()

    def log_message(self, *_args):
        """Say nothing."""


def test_a_bucket_of_another_account_is_not_written_to(app, monkeypatch):
    with ThreadingHTTPServer(("127.0.0.1", 0), OfAnother) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{server.server_port}")
        for name, value in KEYS.items():
            monkeypatch.setenv(name, value)

        with pytest.raises(NoPermission) as refused:
            have(app, choice(f"s3://sagemaker-{REGION}-{ACCOUNT}/x"))
        server.shutdown()

    assert "--weights s3://" in refused.value.hint


def test_an_image_of_a_registry_that_does_not_answer_keeps_its_tag(app, capsys):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    published = ImageChoice("published", engine_version("tgi"), f"127.0.0.1:{port}/tgi:3.3.5")

    found = have_image(app, published, spec(), Accepted())

    assert found == published
    assert "named by its tag alone" in capsys.readouterr().err


def test_a_digest_is_asked_of_the_registry(app, registry):
    version = engine_version("tgi")
    published = ImageChoice("published", version, f"{registry.host}/engines/tgi:3.3.6")

    found = have_image(app, published, spec(), Accepted())

    assert found.reference.startswith(f"{registry.host}/engines/tgi@sha256:")


def test_a_release_that_the_registry_lacks_is_told(app, registry):
    version = engine_version("tgi")
    published = ImageChoice("published", version, f"{registry.host}/engines/tgi:0.0.1")

    with pytest.raises(NotFound) as refused:
        have_image(app, published, spec(), Accepted())

    assert "--engine tgi@VERSION" in refused.value.hint


def pushed_record(registry, **labels):
    now = datetime(2026, 11, 22, tzinfo=UTC)
    told = {
        "llamactl.platform": "sagemaker",
        "llamactl.engine": "tgi",
        "llamactl.model": SMALL,
        "llamactl.weights": "none",
        "org.opencontainers.image.version": engine_version("tgi").version,
        **labels,
    }
    return ImageRecord(
        name="llamactl/tgi", tag="t", digest=DIGEST, size_bytes=1, manifest_type="x",
        platform="linux/amd64", inputs_sha256="0", base="b", base_name="b", files={},
        weights_bytes=0, labels=told, tool="buildah", tool_version="1", started_at=now,
        built_at=now, log="", pushed=(PushedTo(f"{registry}/llamactl/tgi:t", DIGEST, now),),
    )  # fmt: skip


def place_of_image(app, record):
    ImageRecords(app.state_dir / "images").put(record)
    return made(app, SMALL, "aws").image


def registry_of(cloud, *, region=None):
    own = candidates_for(SMALL, cloud).placements[0].offer.price.region
    return f"111122223333.dkr.ecr.{region or own}.amazonaws.com"


def test_an_image_that_was_pushed_for_the_model_is_taken(app):
    image = place_of_image(app, pushed_record(registry_of("aws")))

    assert (image.kind, image.reference) == (
        "pushed",
        f"{registry_of('aws')}/llamactl/tgi@{DIGEST}",
    )


@pytest.mark.parametrize(
    "record",
    [
        pushed_record(registry_of("aws", region="ap-south-2")),
        pushed_record("ghcr.io"),
        pushed_record(registry_of("aws"), **{"llamactl.model": "falcon-7b"}),
        pushed_record(registry_of("aws"), **{"llamactl.platform": "azureml"}),
        pushed_record(registry_of("aws"), **{"org.opencontainers.image.version": "2.0.0"}),
        pushed_record(registry_of("aws"), **{"llamactl.weights": "/model"}),
    ],
    ids=["region", "registry", "model", "platform", "version", "weights"],
)
def test_one_for_anything_else_is_not(app, record):
    assert place_of_image(app, record).kind == "ready"


def test_what_jumpstart_has_ready_is_neither_fetched_nor_verified(app):
    place = "s3://jumpstart-private-cache-prod-us-east-1/meta-textgeneration/x"
    settings = (("sagemaker.accept_eula", "true"),)

    ready = made(app, "llama-2-7b-chat", "aws", weights=place, settings=settings)

    assert ready.weights.kind == "given"
    assert ready.spec.sagemaker.accept_eula
    have(app, ready.weights)
