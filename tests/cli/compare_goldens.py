"""The comparisons whose pages and JSON lie in `golden/`, on the bundled prices and a fixed day.

To write them anew: python tests/cli/compare_goldens.py
"""

import json
from dataclasses import replace
from datetime import date
from pathlib import Path

from llamactl.compare_markdown import compare_markdown
from llamactl.compare_page import compare_page
from llamactl.compare_record import compare_record
from llamactl.comparer import Question, comparison_of, load_of
from llamactl_catalog.catalog import load_catalog
from llamactl_catalog.comparing.comparison import ApiPrice
from llamactl_catalog.limits import READING_MS_PER_TOKEN, Limits
from llamactl_catalog.offers import load_hardware, load_prices, offers
from llamactl_catalog.placement import Layout

GOLDEN = Path(__file__).parent / "golden"
TODAY = date(2026, 11, 22)
OFFERS = offers(load_hardware(), load_prices())
APIS = (ApiPrice("small API", 0.5, 1.5), ApiPrice("large API", 3, 15))
_CATALOG = load_catalog()


def asked(*models, monthly_tokens=None, limits=None, **options):
    question = Question(
        models=models,
        load=load_of(monthly_tokens, None, 512, 256, 2.0),
        context_tokens=None,
        apis=APIS,
        regions=(),
        geographies=(),
        instance_types=(),
        gpus=(),
        quantizations=("none",),
        engine=None,
        layout=Layout(),
        discounts={},
        limits=limits if limits is not None else Limits(max_ms_per_token=READING_MS_PER_TOKEN),
        today=TODAY,
        max_price_age_days=180,
        version="1.0.0",
    )
    return replace(question, **options)


def compared(*models, **options):
    question = asked(*models, **options)
    return comparison_of([_CATALOG.model(each) for each in models], question, OFFERS)


def two_models():
    limits = Limits(max_ms_per_token=80)
    return compared(
        "llama-2-70b-chat",
        "falcon-7b-instruct",
        monthly_tokens=4e9,
        limits=limits,
        geographies=("EU",),
    )


def as_json(found):
    """What `--json` prints, but of each curve and list of regions only the first three."""
    record = compare_record(found)
    for side in (side for model in record["models"] for side in model["sides"]):
        del side["growth"][3:], side["regions"][3:]
    return json.dumps(record, indent=2) + "\n"


TEXTS = {
    "compare_13b.txt": lambda: compare_page(compared("llama-2-13b-chat")) + "\n",
    "compare_13b.md": lambda: compare_markdown(compared("llama-2-13b-chat")) + "\n",
    "compare_13b.json": lambda: as_json(compared("llama-2-13b-chat")),
    "compare_two.txt": lambda: compare_page(two_models()) + "\n",
    "compare_two.md": lambda: compare_markdown(two_models()) + "\n",
    "compare_two.json": lambda: as_json(two_models()),
}

if __name__ == "__main__":
    for name, text in TEXTS.items():
        (GOLDEN / name).write_text(text(), "utf-8")
