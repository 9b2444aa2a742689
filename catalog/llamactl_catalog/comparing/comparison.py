"""The values of a comparison: a load, the clouds side by side, growth, and prices per token."""

from dataclasses import dataclass
from datetime import date

from llamactl_catalog.clouds import Cloud
from llamactl_catalog.costs import HOURS_PER_MONTH
from llamactl_catalog.hardware import PriceBasis
from llamactl_catalog.limits import Limits
from llamactl_catalog.model import Model
from llamactl_catalog.placement import Placement
from llamactl_catalog.quota import Quota
from llamactl_catalog.regions import Region

_MILLION = 1e6


@dataclass(frozen=True, slots=True)
class Load:
    """What arrives in a month: tokens of prompts and answers, in requests that are all alike.

    `peak` is the busiest time over the mean: instances are there for the peak. They are up for
    `hours_per_month` of the month's 730, in which all of the load arrives.
    """

    monthly_tokens: float
    input_tokens: int
    output_tokens: int
    peak: float
    hours_per_month: float = HOURS_PER_MONTH

    @property
    def seconds_per_month(self) -> float:
        """Give the seconds in which there are instances."""
        return self.hours_per_month * 3600

    @property
    def request_tokens(self) -> int:
        """Give the tokens of one request, prompt and answer."""
        return self.input_tokens + self.output_tokens

    @property
    def requests_per_month(self) -> float:
        """Give the requests of a month."""
        return self.monthly_tokens / self.request_tokens

    @property
    def requests_per_s(self) -> float:
        """Give the mean over the hours of a month in which there are instances."""
        return self.requests_per_month / self.seconds_per_month

    @property
    def peak_requests_per_s(self) -> float:
        """Give the requests per second of the busiest time."""
        return self.requests_per_s * self.peak

    @property
    def monthly_output_tokens(self) -> float:
        """Give the tokens of answers alone."""
        return self.requests_per_month * self.output_tokens


@dataclass(frozen=True, slots=True)
class ApiPrice:
    """What somebody charges for each token.

    `model` is the model that it is the price of, None: whatever is compared, as the user says who
    gave it. `dated` and `source` are of a bundled price.
    """

    name: str
    usd_per_million_input_tokens: float
    usd_per_million_output_tokens: float
    model: str | None = None
    dated: date | None = None
    source: str | None = None

    def usd_per_million_tokens(self, load: Load) -> float:
        """Give the price of a million tokens of prompts and answers, mixed as in the load."""
        usd_per_request = (
            load.input_tokens * self.usd_per_million_input_tokens
            + load.output_tokens * self.usd_per_million_output_tokens
        )
        return usd_per_request / load.request_tokens

    def usd_per_month(self, load: Load) -> float:
        """Give what the whole load costs there."""
        return self.usd_per_million_tokens(load) * load.monthly_tokens / _MILLION


@dataclass(frozen=True, slots=True)
class AtLoad:
    """The cheapest way to carry the load on one cloud; speeds are those of the busiest time.

    `placement.speed` is one replica's with `in_flight` requests at once, and `answer_s` a whole
    answer then. `full_monthly_tokens` is the most that the same instances carry at the same peak.
    `slow_usd_per_month` is the price with as many of them as it takes where all speeds are lower by
    the error of their estimate; None: there may not be so many.
    """

    placement: Placement
    in_flight: int
    answer_s: float
    usd_per_month: float
    usd_per_million_tokens: float
    usd_per_million_output_tokens: float
    full_monthly_tokens: float
    slow_usd_per_month: float | None


@dataclass(frozen=True, slots=True)
class RegionPrice:
    """What the same instances cost in one of the regions asked for."""

    region: Region
    usd_per_hour: float
    usd_per_month: float
    dated: date
    basis: PriceBasis


@dataclass(frozen=True, slots=True)
class GrowthPoint:
    """The cheapest way at a load of so many tokens a month: it is chosen anew at each."""

    monthly_tokens: float
    usd_per_month: float
    usd_per_million_tokens: float
    instances: int
    instance_type: str


@dataclass(frozen=True, slots=True)
class BreakEven:
    """Where one's own endpoint costs as much as an API, in tokens a month.

    `first_monthly_tokens` is the smallest load at which it costs no more; above it, one more
    instance can make the API cheaper again for a while. From `lasting_monthly_tokens` on, up to
    `until_monthly_tokens`, it never costs more. None for the first two: there is no such load; for
    the third: that holds for good. Above it more is not carried, where `is_all_carried`, or else
    always costs more. `at_load` and `at_full` are its cost over the API's: at the load, and with
    every instance as busy as can be. The two ends are what the error of the estimated speeds leaves
    open: `earliest_monthly_tokens` is the first load with every speed as high as it may be, and
    `latest_monthly_tokens` the lasting one with every speed as low; None: never.
    """

    api: ApiPrice
    first_monthly_tokens: float | None
    earliest_monthly_tokens: float | None
    latest_monthly_tokens: float | None
    lasting_monthly_tokens: float | None
    until_monthly_tokens: float | None
    is_all_carried: bool
    at_load: float
    at_full: float


@dataclass(frozen=True, slots=True)
class Side:
    """One model on one cloud; without `at_load`, `reason` says why nothing carries the load.

    `priced` is False where no price is known of anything that was asked for.

    `regions` are cheapest first, `geographies` by name. `growth` is by rising load; where the load
    takes another choice, a point just before and one just after it are both there.
    """

    cloud: Cloud
    at_load: AtLoad | None
    reason: str | None
    quota: Quota | None
    regions: tuple[RegionPrice, ...]
    geographies: tuple[str, ...]
    growth: tuple[GrowthPoint, ...]
    break_evens: tuple[BreakEven, ...]
    priced: bool = True

    @property
    def absence(self) -> str:
        """What to say of a cloud without `at_load`: a missing price says nothing of the cloud."""
        return "does not carry it" if self.priced else "has no known price for what was asked"


@dataclass(frozen=True, slots=True)
class ModelComparison:
    """One model on every cloud; `terms` are the sentences of its license that a business needs."""

    model: Model
    context_tokens: int
    sides: tuple[Side, ...]
    terms: tuple[str, ...]

    @property
    def cheapest(self) -> Side | None:
        """Give the side that costs least at the load; of two alike the first; None: no side."""
        able = [each for each in self.sides if each.at_load is not None]
        return min(able, key=_usd_per_month, default=None)


@dataclass(frozen=True, slots=True)
class Comparison:
    """Models on every cloud for a load, and prices per token beside them.

    `assumptions` and `residency` are whole sentences, to be printed with the figures. The dates are
    those of the oldest and the youngest price that was used. `discounts` are percent off the prices
    of a cloud, which the prices here have.
    """

    load: Load
    limits: Limits
    clouds: tuple[Cloud, ...]
    models: tuple[ModelComparison, ...]
    apis: tuple[ApiPrice, ...]
    assumptions: tuple[str, ...]
    residency: tuple[str, ...]
    oldest_price: date
    newest_price: date
    made_on: date
    version: str
    discounts: tuple[tuple[str, float], ...] = ()

    def apis_of(self, compared: ModelComparison) -> tuple[ApiPrice, ...]:
        """Give the prices per token that one of the models is compared with."""
        return tuple(each for each in self.apis if each.model in {None, compared.model.id})


def _usd_per_month(side: Side) -> float:
    return float("inf") if side.at_load is None else side.at_load.usd_per_month
