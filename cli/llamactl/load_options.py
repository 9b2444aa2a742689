"""Options of a load: numbers of tokens as people write them, and prices per token."""

import re
from math import isfinite
from typing import Any

import click

from llamactl_catalog.clouds import clouds
from llamactl_catalog.comparing.comparison import ApiPrice

_SCALES = {"": 1, "K": 10**3, "M": 10**6, "B": 10**9, "T": 10**12}
_COUNT = re.compile(r"(\d+(?:\.\d+)?(?:e\d{1,2})?)([KMBT]?)", re.IGNORECASE)
_MOST = 1e15
_COUNT_RANGE = "write a number from 1 to 1e15, like 250000000, 250M or 2B"
_PRICE_RANGE = (
    "write NAME=INPUT/OUTPUT, like other=0.50/1.50: $ per 1M tokens of prompts and of answers, "
    "from 0 to 100000, and not both 0"
)
_MOST_USD = 1e5
_PERCENTAGE = re.compile(r"(\d{1,3}(?:\.\d+)?) ?%?")
_WHOLE = 100


class Amount(click.FloatRange):
    """A finite number in a range: Click's own takes `nan` for being in any."""

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> float:
        """Read the number, or fail with the range."""
        number: float = super().convert(value, param, ctx)
        if not isfinite(number):
            self.fail(f"{value} is not in the range {self._describe_range()}.", param, ctx)
        return number


class TokenCount(click.ParamType[float]):
    """A number of tokens: digits, or with K, M, B or T for thousands to trillions."""

    name = "tokens"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> float:
        """Read a number of tokens, or fail with the range."""
        text = str(value).replace("_", "").replace(",", "")
        found = _COUNT.fullmatch(text)
        count = float(found[1]) * _SCALES[found[2].upper()] if found is not None else 0.0
        if not 1 <= count <= _MOST:
            self.fail(f"'{value}' is no number of tokens; {_COUNT_RANGE}", param, ctx)
        return count


class ApiPriceType(click.ParamType[ApiPrice]):
    """NAME=INPUT/OUTPUT: what an API charges for a million tokens of prompts and of answers."""

    name = "price"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> ApiPrice:
        """Read the name and the two prices, or fail with how they are written."""
        if isinstance(value, ApiPrice):
            return value
        name, equals, prices = str(value).partition("=")
        texts = prices.split("/")
        try:
            usd = [float(text) for text in texts]
        except ValueError:
            usd = []
        is_priced = len(usd) == len(("input", "output")) and sum(usd) > 0
        in_range = all(isfinite(each) and 0 <= each <= _MOST_USD for each in usd)
        if not (name.strip() and name.isprintable() and equals and is_priced and in_range):
            self.fail(f"'{value}' is no price of an API; {_PRICE_RANGE}", param, ctx)
        return ApiPrice(name.strip(), usd[0], usd[1])


class DiscountType(click.ParamType[tuple[str, float]]):
    """CLOUD=PERCENT: what a contract takes off every price of a cloud; the % may be left out."""

    name = "discount"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[str, float]:
        """Read the cloud and the percentage, or fail with how they are written."""
        if isinstance(value, tuple):
            return value
        cloud, _, percent = str(value).partition("=")
        number = _PERCENTAGE.fullmatch(percent.strip())
        known = [*clouds()]
        if cloud not in known or number is None or not 0 < float(number[1]) < _WHOLE:
            named = " or ".join(f"{each}=30%" for each in known)
            self.fail(f"'{value}' is no discount; write {named}, below 100%", param, ctx)
        return cloud, float(number[1])


TOKEN_COUNT = TokenCount()
DISCOUNT = DiscountType()
API_PRICE = ApiPriceType()
