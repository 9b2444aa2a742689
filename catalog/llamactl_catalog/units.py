"""Numbers with units as people read them. GiB is 2**30 bytes, GB is 10**9."""

GIB = 2**30
MIB = 2**20
GB = 10**9

_BYTE_STEPS = ((2**40, "TiB"), (GIB, "GiB"), (MIB, "MiB"), (2**10, "KiB"))
_COUNT_STEPS = ((10**12, "T"), (GB, "B"), (10**6, "M"), (10**3, "K"))
_TEN = 10
_MINUTE_S = 60
_HOUR_S = 60 * _MINUTE_S
_DAY_S = 24 * _HOUR_S


def format_bytes(size_bytes: int) -> str:
    """Say a size in the largest binary unit that leaves a number of at least one: `12.6 GiB`."""
    for step, unit in _BYTE_STEPS:
        if size_bytes >= step:
            return f"{size_bytes / step:.1f} {unit}"
    return f"{size_bytes} B"


def format_count(count: int) -> str:
    """Say a count of parameters as the field does: `6.7B`, `135M`."""
    for step, unit in _COUNT_STEPS:
        if count >= step:
            scaled = count / step
            return f"{scaled:.1f}{unit}" if scaled < 100 else f"{scaled:.0f}{unit}"  # noqa: PLR2004 - three digits are enough
    return str(count)


def format_rate(per_s: float) -> str:
    """Say tokens a second: whole, with two digits where they are less than ten."""
    return f"{per_s:.0f}" if per_s >= _TEN else f"{per_s:.2g}"


def format_usd_apart(usd: float, other_usd: float) -> tuple[str, str]:
    """Say two prices in cents: `$45.07`; with more digits where cents do not tell them apart."""
    cents = f"${usd:.2f}", f"${other_usd:.2f}"
    return cents if cents[0] != cents[1] else (f"${usd:.5g}", f"${other_usd:.5g}")


def tokens_of(count: int) -> str:
    """Say a number of tokens: `1 token`, `256 tokens`."""
    return "1 token" if count == 1 else f"{count} tokens"


def format_duration(seconds: float) -> str:
    """Say a duration in its two largest units: `3.4 s`, `2 min 5 s`, `3 d 4 h`."""
    if seconds < _MINUTE_S:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    for step, unit, smaller, smaller_unit in (
        (_DAY_S, "d", _HOUR_S, "h"),
        (_HOUR_S, "h", _MINUTE_S, "min"),
        (_MINUTE_S, "min", 1, "s"),
    ):
        if whole >= step:
            return f"{whole // step} {unit} {whole % step // smaller} {smaller_unit}"
    return f"{whole} s"
