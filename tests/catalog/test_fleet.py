"""What instances and a service have no room for: disk, and more instances than a deployment has."""

from catalog.planning_values import (
    MODEL,
    accelerator,
    names,
    offer,
    planned,
    with_concurrency,
)
from llamactl_catalog.engines import TGI

BIG = accelerator("big", 4000)


def test_a_disk_too_small_for_weights_and_image_is_the_reason_with_its_numbers():
    # 60 GB in 16 bit, 20 GB in 4 bit.
    found = planned(offer(gpu=BIG, disk_bytes=59_999_999_999))

    assert [each.reason for each in found.rejected] == [
        "needs 60 GB of disk for weights and image, has 59 GB"
    ]
    assert names(planned(offer("exact", gpu=BIG, disk_bytes=60 * 10**9))) == ["exact"]
    assert names(planned(offer("volume", gpu=BIG, disk_bytes=None))) == ["volume"]


def test_a_small_disk_takes_the_weights_that_it_has_room_for():
    small = offer(gpu=BIG, disk_bytes=30 * 10**9)
    (placement,) = planned(small, quantizations=("none", "awq")).placements

    assert placement.quantization == "awq"


def test_of_several_ways_the_smallest_says_what_the_disk_lacks():
    found = planned(offer(gpu=BIG, disk_bytes=10**9), quantizations=("none", "awq"))

    assert [each.reason for each in found.rejected] == [
        "needs 20 GB of disk for weights and image, has 1 GB"
    ]


def test_tgi_fetches_16_bit_where_it_quantizes_as_it_loads():
    # Llama 2 13B: 13,015,864,320 weights of 2 bytes, and 17 GB of image.
    arithmetic = TGI.arithmetic()
    whole = 26_031_728_640 + 17 * 10**9

    assert arithmetic.disk_bytes(MODEL, "none") == whole
    assert arithmetic.disk_bytes(MODEL, "bitsandbytes-nf4") == whole
    assert arithmetic.disk_bytes(MODEL, "awq") < whole - 17 * 10**9


def test_more_instances_than_a_service_takes_are_the_reason():
    # Two requests on a replica: 101 at once need 51.
    load = with_concurrency(101)

    found = planned(offer("on-azure", cloud="azure"), offer("on-aws"), workload=load)

    assert names(found) == ["on-aws"]
    assert found.placements[0].replicas == 51
    assert [each.reason for each in found.rejected] == [
        "needs 51 instances, Azure ML takes at most 50 in a deployment"
    ]
    assert len(planned(offer(cloud="azure"), workload=with_concurrency(100)).placements) == 1
