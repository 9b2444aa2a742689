"""The ledger in object storage: moto's S3 and Azurite's Blob Storage, over the wire."""

import uuid

import pytest

from catalog.acceptances import LLAMA_2
from containers.licensing.writers import counts_by_name, write_at_once
from llamactl_catalog.errors import LicenseRefused, NotFound
from llamactl_catalog.licensing.chain import record_name
from llamactl_containers.buckets.address import bucket_address
from llamactl_containers.licensing.bucket_store import BucketStore
from llamactl_containers.licensing.ledger import open_ledger
from standins.object_storage import S3

pytest.importorskip("obstore", reason="needs the extra 'weights'")


@pytest.fixture(params=["s3", "blob"])
def storage(request):
    """A bucket of the test's own, and the environment to use it with, which is set here too."""
    server = request.getfixturevalue(request.param)
    name = f"ledger-{uuid.uuid4().hex}"
    if isinstance(server, S3):
        return f"s3://{server.bucket(name)}", server.environment
    return f"az://{server.container(name)}", server.environment


@pytest.fixture
def place(storage):
    """An address with a prefix."""
    return f"{storage[0]}/team/licenses"


def test_a_ledger_is_kept_and_read_back(place):
    ledger = open_ledger(place)
    assert ledger.records() == ()

    made = [ledger.append(LLAMA_2, {"ab" * 32: b"text"}) for _ in range(3)]

    assert ledger.records() == tuple(made)
    assert ledger.verify().is_whole
    assert ledger.text("ab" * 32) == b"text"


def test_a_record_is_made_once_and_never_replaced(place):
    store = BucketStore(bucket_address(place))

    assert store.create("00000001.json", b"first")
    assert not store.create("00000001.json", b"second")
    assert store.read("00000001.json") == b"first"


def test_writers_at_the_same_time_lose_nothing(place, storage):
    write_at_once(place, 4, 4, storage[1])

    records = open_ledger(place).records()
    assert len(records) == 16
    assert set(counts_by_name(records).values()) == {4}


def test_many_records_come_in_order(place):
    store = BucketStore(bucket_address(place))
    names = [record_name(number) for number in range(1, 151)]
    for name in names:
        store.create(name, name.encode())

    assert store.names() == names
    assert list(store.read_all(names)) == [(name, name.encode()) for name in names]


def test_a_record_that_was_removed_is_named(place):
    import obstore

    from llamactl_containers.buckets.opening import open_bucket

    ledger = open_ledger(place)
    for _ in range(3):
        ledger.append(LLAMA_2)
    obstore.delete(open_bucket(bucket_address(place)), "records/00000002.json")

    with pytest.raises(LicenseRefused, match=r"00000002\.json is missing"):
        ledger.records()


def test_a_bucket_that_is_not_there_is_told(storage):
    scheme = storage[0].partition("://")[0]

    with pytest.raises(NotFound, match="nowhere"):
        open_ledger(f"{scheme}://nowhere/ledger").records()
    with pytest.raises(NotFound, match="nowhere"):
        open_ledger(f"{scheme}://nowhere/ledger").append(LLAMA_2)
