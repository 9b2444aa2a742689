"""Values for the tests of comparisons: arithmetic that is easy, and loads to follow in the head.

With `planning_values.Easy` and 50 output tokens, a replica with c requests in flight takes 8 + c ms
a token: it gives 1000 * c / (8 + c) tokens/s, a fiftieth of that in requests. A GPU of 4000 bytes
has 3400 beside the weights, room for 17 requests of 200 tokens: 680 tokens/s, 13.6 requests/s.
A month has 2,628,000 s.
"""

from datetime import date

from catalog.planning_values import MODEL, Easy
from llamactl_catalog.clouds import clouds
from llamactl_catalog.comparing.comparing import Subject, compare
from llamactl_catalog.comparing.comparison import Load
from llamactl_catalog.regions import Region

TODAY = date(2026, 11, 22)
MONTH_S = 2_628_000
REQUEST_TOKENS = 150
REGIONS = {
    (cloud, name): Region(cloud, name, place, country, "Europe", in_eu, "test", TODAY)
    for cloud in ("aws", "azure")
    for name, place, country, in_eu in (
        ("near", "Town", "Nearland", True),
        ("far", "City", "Farland", False),
    )
}


def load(requests_per_s, peak=1.0):
    """Requests of 100 tokens in and 50 out."""
    return Load(requests_per_s * MONTH_S * REQUEST_TOKENS, 100, 50, peak)


def compared(*offers, at, apis=(), models=(MODEL,), arithmetic=None, **options):
    return compare(
        [Subject(each, 200) for each in models],
        offers,
        at,
        clouds=[*clouds().values()],
        regions=REGIONS,
        today=TODAY,
        version="1.2.3",
        apis=apis,
        arithmetic=arithmetic if arithmetic is not None else Easy(),
        **options,
    )


def only_side(*offers, at, **options):
    """The side of the cloud that the offers are of."""
    found = compared(*offers, at=at, **options)
    cloud = offers[0].instance_type.cloud
    return next(each for each in found.models[0].sides if each.cloud.id == cloud)
