"""The plans whose pages and JSON lie in `golden/`, on the bundled prices and a fixed day.

To write them anew: python tests/cli/plan_goldens.py
"""

import json
from datetime import date
from pathlib import Path
from typing import get_args

from llamactl.plan_page import deploy_command, plan_page, rejected_page
from llamactl.plan_record import plan_record
from llamactl_catalog.catalog import load_catalog
from llamactl_catalog.limits import Limits
from llamactl_catalog.offers import load_hardware, load_price_book, offers
from llamactl_catalog.placement import Quantization
from llamactl_catalog.planning import plan
from llamactl_catalog.selection import Selection
from llamactl_catalog.unpriced import unpriced
from llamactl_catalog.workload import Workload

GOLDEN = Path(__file__).parent / "golden"
TODAY = date(2026, 11, 22)
_HARDWARE = load_hardware()
_BOOK = load_price_book()
_OFFERS = offers(_HARDWARE, _BOOK.prices)
_CATALOG = load_catalog()
_LOAD = Workload(512, 256, concurrency=4, context_tokens=4096)


def planned(model, selection=None, workload=_LOAD, **options):
    asked = selection if selection is not None else Selection()
    missing = unpriced(asked, _HARDWARE, _BOOK)
    chosen, known = asked.of(_OFFERS), _CATALOG.model(model)
    return plan(known, chosen, workload, today=TODAY, not_offered=missing, **options)


def page(found, *, every_region=False):
    """What the command prints of a plan, and the command that it ends with."""
    parts = [plan_page(found, limit=10, every_region=every_region)]
    if every_region:
        parts.append(rejected_page(found))
    return "\n\n".join([*parts, deploy_command(found.placements[0], found)]) + "\n"


def cost():
    return page(planned("llama-2-13b-chat"))


def latency_any_quantization():
    load = Workload(1000, 500, concurrency=20, context_tokens=4096, utilization=0.4)
    ways = get_args(Quantization)
    limits = Limits(max_usd_per_hour=20)
    found = planned(
        "llama-2-70b", workload=load, objective="latency", quantizations=ways, limits=limits
    )
    return page(found)


def one_region_and_the_rejected():
    return page(planned("llama-2-70b-chat", Selection(regions=("eu-west-1",))), every_region=True)


def one_offer_as_json():
    selection = Selection(regions=("us-east-1",), instance_types=("ml.g5.12xlarge", "ml.g5.xlarge"))
    return (
        json.dumps(plan_record(planned("llama-2-13b", selection), None, accepted=None), indent=2)
        + "\n"
    )


TEXTS = {
    "plan_cost.txt": cost,
    "plan_latency.txt": latency_any_quantization,
    "plan_region.txt": one_region_and_the_rejected,
    "plan.json": one_offer_as_json,
}

if __name__ == "__main__":
    for name, text in TEXTS.items():
        (GOLDEN / name).write_text(text(), "utf-8")
