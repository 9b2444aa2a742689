"""What `/metrics` tells, under the names that TGI gives these numbers."""

import time

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    disable_created_metrics,
    generate_latest,
)

from llamactl_containers.llamacpp.admission import Admission
from llamactl_containers.llamacpp.generation import Generation
from llamactl_containers.llamacpp.refusal import Refused

# Durations: the bounds that TGI uses, in s. Counts: powers of two.
# Source: TGI 3.3.7 router/src/server.rs, `PrometheusBuilder`.
_SECONDS = tuple(0.0001 * 1.5**n for n in range(1, 36))
_TOKENS = tuple(float(2**n) for n in range(1, 15))
_COUNTERS = ("tgi_request_count", "tgi_request_success", "tgi_request_failure")


class Metrics:
    """Counters and histograms of one process. Source of the names: TGI 3.3.7 docs, reference."""

    def __init__(self) -> None:
        disable_created_metrics()  # type: ignore[no-untyped-call]  # TGI has no such series
        self._registry = CollectorRegistry()
        self.requests = self._counter("tgi_request_count", "Requests that asked for an answer")
        self._successes = self._counter("tgi_request_success", "Requests that were answered")
        self._failures = Counter(
            "tgi_request_failure", "Requests refused or failed", ["err"], registry=self._registry
        )
        self._duration = self._histogram("tgi_request_duration", "Whole request", _SECONDS)
        self._queue = self._histogram("tgi_request_queue_duration", "Wait for a turn", _SECONDS)
        self._inference = self._histogram("tgi_request_inference_duration", "From turn", _SECONDS)
        self._per_token = self._histogram(
            "tgi_request_mean_time_per_token_duration", "Turn to end, by tokens", _SECONDS
        )
        self._input = self._histogram("tgi_request_input_length", "Prompt tokens", _TOKENS)
        self._generated = self._histogram("tgi_request_generated_tokens", "Answer tokens", _TOKENS)
        self._allowed = self._histogram("tgi_request_max_new_tokens", "Tokens allowed", _TOKENS)
        self._queue_size = self._gauge("tgi_queue_size", "Requests that wait for a turn")
        self._batch_size = self._gauge("tgi_batch_current_size", "Requests that have a turn")
        self._batch_tokens = self._gauge(
            "tgi_batch_current_max_tokens", "Tokens that the running requests may come to need"
        )

    def watch(self, admission: Admission) -> None:
        """Read the queue's gauges from the waiting room."""
        self._queue_size.set_function(lambda: admission.queued)
        self._batch_size.set_function(lambda: len(admission.running))
        self._batch_tokens.set_function(lambda: admission.reserved_tokens)

    def refused(self, refusal: Refused) -> None:
        """Count a request that got an error for an answer."""
        self._failures.labels(err=refusal.tgi_type).inc()

    def record(self, generation: Generation, *, asked_at: float, started_at: float) -> None:
        """Record an answer that ended; times are of the monotonic clock, in s."""
        finish = generation.finish
        if finish is None:
            return
        now = time.monotonic()
        self._successes.inc()
        self._duration.observe(now - asked_at)
        self._queue.observe(started_at - asked_at)
        self._inference.observe(now - started_at)
        self._per_token.observe((now - started_at) / max(1, finish.completion_tokens))
        self._input.observe(finish.prompt_tokens)
        self._generated.observe(finish.completion_tokens)
        self._allowed.observe(generation.completion.max_tokens or finish.completion_tokens)

    def text(self) -> bytes:
        """Give the exposition format. TGI's counters lack the suffix `_total`."""
        text = generate_latest(self._registry)
        for name in _COUNTERS:
            text = text.replace(f"{name}_total".encode(), name.encode())
        return text

    def _counter(self, name: str, text: str) -> Counter:
        return Counter(name, text, registry=self._registry)

    def _gauge(self, name: str, text: str) -> Gauge:
        return Gauge(name, text, registry=self._registry)

    def _histogram(self, name: str, text: str, bounds: tuple[float, ...]) -> Histogram:
        return Histogram(name, text, buckets=bounds, registry=self._registry)
