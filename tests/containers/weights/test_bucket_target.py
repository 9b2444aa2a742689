"""Weights into object storage: S3 by moto's server, Blob Storage by Azurite."""

import asyncio
import gc
from itertools import count

import pytest

from llamactl_catalog.errors import InvalidFile, InvalidInput, NotFound
from llamactl_containers.weights.manifest import MANIFEST_NAME, read_manifest
from llamactl_containers.weights.targets import MARKER_NAME, open_target
from standins.file_server import Trouble
from standins.noise import noise

LARGE = "model-00001-of-00002.safetensors"
NAMES = (f"bucket-{number}" for number in count())
BESIDE = len(b"Llama 2 is licensed\n")


@pytest.fixture
def bucket(s3):
    """A bucket of its own."""
    return s3.bucket(next(NAMES))


@pytest.fixture
def many_parts(hub):
    """Have one file that takes several parts of an upload."""
    hub.files[LARGE] = noise(7, 11_000_000)
    return hub


def no_large(asked, _number):
    """Have the CDN refuse the large file."""
    return Trouble(status=418) if asked.server == "cdn" and LARGE in asked.path else None


def read(target, path):
    return asyncio.run(open_target(target).read(path))


def test_every_object_has_the_bytes_of_its_file(many_parts, move, s3, bucket):
    staged = move(f"s3://{bucket}/llama/2/")

    objects = s3.objects(bucket)
    assert {*objects} == {f"llama/2/{each.path}" for each in staged.manifest.files} | {
        f"llama/2/{MANIFEST_NAME}"
    }
    names = {each.path for each in staged.manifest.files} & {*many_parts.files}
    assert {name: s3.content(bucket, f"llama/2/{name}") for name in names} == {
        name: many_parts.files[name] for name in names
    }


def test_the_manifest_is_written_last(move, s3, bucket, hub):
    hub.trouble = no_large

    with pytest.raises(Exception, match="418"):
        move(f"s3://{bucket}/p")

    assert f"p/{MANIFEST_NAME}" not in s3.objects(bucket)


def test_a_second_time_only_what_is_missing_is_moved(move, s3, bucket, hub):
    first = move(f"s3://{bucket}/p")
    s3.client.delete_object(Bucket=bucket, Key=f"p/{LARGE}")
    before = len(hub.asked_of("cdn"))

    again = move(f"s3://{bucket}/p")

    assert (again.moved_files, again.moved_bytes) == (1, len(hub.files[LARGE]))
    assert {LARGE in each.path for each in hub.asked_of("cdn")[before:]} == {True}
    assert again.manifest.files == first.manifest.files


def test_after_an_interruption_whole_objects_are_kept(move, s3, bucket, hub):
    hub.trouble = no_large
    with pytest.raises(Exception, match="418"):
        move(f"s3://{bucket}/p")
    there = {*s3.objects(bucket)}
    hub.trouble = lambda _asked, _number: None

    staged = move(f"s3://{bucket}/p")

    assert "p/config.json" in there
    assert f"p/{MARKER_NAME}" in there
    assert staged.moved_files < len(staged.manifest.files) - 1
    assert f"p/{MARKER_NAME}" not in s3.objects(bucket)


def test_wrong_bytes_never_become_an_object(many_parts, move, s3, bucket):
    many_parts.trouble = lambda asked, _: (
        Trouble(wrong=True) if asked.server == "cdn" and LARGE in asked.path else None
    )

    with pytest.raises(InvalidFile, match=LARGE):
        move(f"s3://{bucket}/p")

    assert f"p/{LARGE}" not in s3.objects(bucket)
    assert s3.open_uploads(bucket) == []


def test_a_transfer_that_is_cancelled_leaves_no_upload_open(many_parts, move, s3, bucket):
    async def cancel():
        task = asyncio.create_task(move.coroutine(f"s3://{bucket}/p"))
        arrived = asyncio.Event()

        def stall(asked, _number):
            start = int(asked.headers.get("range", "bytes=0-").removeprefix("bytes=").split("-")[0])
            if asked.server == "cdn" and LARGE in asked.path and start > len(content) // 2:
                loop.call_soon_threadsafe(arrived.set)
                return Trouble(delay_s=1.0)
            return None

        content = many_parts.files[LARGE]
        loop = asyncio.get_running_loop()
        many_parts.trouble = stall
        await arrived.wait()
        assert s3.open_uploads(bucket) == [f"p/{LARGE}"]
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        return task.cancelled()

    assert asyncio.run(cancel())
    assert s3.open_uploads(bucket) == []
    assert f"p/{LARGE}" not in s3.objects(bucket)


def test_a_failure_ends_the_other_uploads_without_a_word(hub, move, s3, bucket, caplog):
    second = LARGE.replace("1-of", "2-of")
    for seed, name in ((8, LARGE), (9, second)):
        hub.files[name] = noise(seed, 11_000_000)

    def refuse(asked, _number):
        start = int(asked.headers.get("range", "bytes=0-").removeprefix("bytes=").split("-")[0])
        is_late = asked.server == "cdn" and start > 6_000_000
        return Trouble(status=418) if is_late else None

    hub.trouble = refuse
    with pytest.raises(Exception, match="418"):
        move(f"s3://{bucket}/p")
    gc.collect()

    assert "never retrieved" not in caplog.text
    assert s3.open_uploads(bucket) == []


def test_someone_elses_object_of_that_name_is_not_overwritten(move, s3, bucket):
    s3.client.put_object(Bucket=bucket, Key="p/config.json", Body=b"mine")

    with pytest.raises(InvalidInput, match=r"other files of these names: config.json"):
        move(f"s3://{bucket}/p")

    assert s3.content(bucket, "p/config.json") == b"mine"


def test_a_bucket_that_is_not_there_is_told(move, s3):
    with pytest.raises(NotFound, match="there is no bucket none-such"):
        move("s3://none-such/p")


def test_object_metadata_and_manifest_hold_no_secret(move, s3, bucket):
    move(f"s3://{bucket}/p")

    head = s3.client.head_object(Bucket=bucket, Key=f"p/{LARGE}")
    digest = f"sha256:{next(iter(_sha256_of(s3, bucket)))}"
    assert head["Metadata"] == {"digest": digest}


def _sha256_of(s3, bucket):
    manifest = read_manifest(s3.content(bucket, f"p/{MANIFEST_NAME}"), "manifest")
    return [each.sha256 for each in manifest.files if each.path == LARGE]


def test_blob_storage_gets_the_same(many_parts, move, blob):
    target = f"az://{blob.container('weights')}/llama/2"

    staged = move(target)
    again = move(target)

    names = {each.path for each in staged.manifest.files} & {*many_parts.files}
    assert {name: read(target, name) for name in names} == {
        name: many_parts.files[name] for name in names
    }
    assert again.moved_files == 0


def test_blob_storage_never_shows_wrong_bytes(many_parts, move, blob):
    target = f"az://{blob.container('damaged')}"
    many_parts.trouble = lambda asked, _: (
        Trouble(wrong=True) if asked.server == "cdn" and LARGE in asked.path else None
    )

    with pytest.raises(InvalidFile, match=LARGE):
        move(target)

    assert read(target, LARGE) is None


def test_a_blob_container_that_is_not_there_is_told(move, blob):
    with pytest.raises(NotFound, match="there is no bucket none-such"):
        move("az://none-such/p")
