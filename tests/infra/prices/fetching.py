"""Fetching prices from a stand-in of a cloud's price list."""

from datetime import date

from llamactl_catalog.progress import silent

TODAY = date(2026, 11, 22)


def fetched(fetch_prices, price_list, names, pauses=None):
    """Give the prices by region, and what the list was asked."""
    pauses = [] if pauses is None else pauses
    with price_list as server:
        prices = fetch_prices(names, silent, TODAY, url=server.url, pause=pauses.append)
    return {each.region: each.usd_per_hour for each in prices}, server.asked
