"""What a placement must keep to: money and speed."""

from dataclasses import dataclass, replace

from llamactl_catalog.placement import Speed
from llamactl_catalog.units import format_rate, format_usd_apart

# Adults read 238 English words a minute silently; a word is 4/3 of a Llama token or so: 189 ms a
# token. Source: M. Brysbaert, How many words do we read per minute?, Journal of Memory and Language
# 109 (2019), abstract; the tokens a word are a rule of thumb.
READING_MS_PER_TOKEN = 200.0


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds that the user sets; None: no bound.

    `max_usd_per_hour` and `min_tokens_per_s` are of all replicas together, `max_ms_per_token` and
    `max_ttft_ms` of what one user sees.
    """

    max_usd_per_hour: float | None = None
    min_tokens_per_s: float | None = None
    max_ms_per_token: float | None = None
    max_ttft_ms: float | None = None

    def at_reading_speed(self) -> "Limits":
        """Give the limits with a limit of ms per token: reading speed, where there is none."""
        if self.max_ms_per_token is not None:
            return self
        return replace(self, max_ms_per_token=READING_MS_PER_TOKEN)

    def is_slow(self, speed: Speed) -> bool:
        """Tell whether people wait for words, where no limit says what is fast enough."""
        return self.max_ms_per_token is None and speed.ms_per_token > READING_MS_PER_TOKEN


NO_LIMITS = Limits()


def slowness(limits: Limits, speed: Speed, tokens_per_s: float) -> str | None:
    """Say by which limit a placement is too slow, with both numbers; None: it is fast enough."""
    if limits.max_ms_per_token is not None and speed.ms_per_token > limits.max_ms_per_token:
        return f"{speed.ms_per_token:.1f} ms per token, the limit is {limits.max_ms_per_token:g}"
    if limits.max_ttft_ms is not None and speed.time_to_first_token_ms > limits.max_ttft_ms:
        seen = f"{speed.time_to_first_token_ms:.0f} ms to the first token"
        return f"{seen}, the limit is {limits.max_ttft_ms:g}"
    if limits.min_tokens_per_s is not None and tokens_per_s < limits.min_tokens_per_s:
        seen = f"{format_rate(tokens_per_s)} tokens/s"
        return f"{seen}, the least asked for is {limits.min_tokens_per_s:g}"
    return None


def overspending(limits: Limits, usd_per_hour: float) -> str | None:
    """Say by how much a price is over the limit; None: it is not."""
    if limits.max_usd_per_hour is None or usd_per_hour <= limits.max_usd_per_hour:
        return None
    spent, limit = format_usd_apart(usd_per_hour, limits.max_usd_per_hour)
    return f"{spent} an hour, the limit is {limit}"
