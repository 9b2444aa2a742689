"""What a placement costs: by the hour, by the month, and by the million output tokens."""

# A year of 8,760 hours by twelve. AWS and Azure calculate their months alike.
HOURS_PER_MONTH = 730
_HOUR_S = 3600


def usd_per_month(usd_per_hour: float) -> float:
    """Give the price of 730 hours: an endpoint that is up all month."""
    return usd_per_hour * HOURS_PER_MONTH


def usd_per_million_tokens(usd_per_hour: float, tokens_per_s: float, utilization: float) -> float:
    """Give the price of a million output tokens.

    `usd_per_hour / (tokens_per_s * 3600 * utilization) * 1e6`: the hour is paid for whole, the load
    is there for `utilization` of it. Input tokens are in it too: they are not priced apart.
    """
    return usd_per_hour / (tokens_per_s * _HOUR_S * utilization) * 1e6
