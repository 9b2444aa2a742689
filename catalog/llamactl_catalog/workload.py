"""What an endpoint must carry."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Workload:
    """Requests of `input_tokens` answered with `output_tokens`, `concurrency` of them at once.

    `context_tokens` is what one request may take at most, prompt and answer together.
    `utilization` is the share of the hour in which that load is there, above 0, at most 1.
    """

    input_tokens: int
    output_tokens: int
    concurrency: int
    context_tokens: int
    utilization: float = 1.0
