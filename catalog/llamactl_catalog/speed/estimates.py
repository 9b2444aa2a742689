"""From passes to what users see: prompts interrupt answers, a full cache makes requests wait."""

from dataclasses import dataclass

from llamactl_catalog.placement import Speed
from llamactl_catalog.replica import Replica
from llamactl_catalog.speed.calibration import Calibration
from llamactl_catalog.speed.passes import passes_of
from llamactl_catalog.speed.reliability import reliability
from llamactl_catalog.workload import Workload

_MS = 1e3
# How many prompts a first token waits for, for each other user: where the load arrives evenly, and
# where all ask at once. Source: the ends of what measured first tokens show, 0.02 to 0.10 against
# 0.3 to 0.7 (bench/measured).
_EVEN_WAIT, _AT_ONCE_WAIT = 0.02, 0.7


@dataclass(frozen=True, slots=True)
class Times:
    """What one user sees, in ms, and what the replica writes a second.

    The first token comes after `first_token_ms` where requests arrive evenly, after
    `first_token_at_once_ms` where all users ask at the same moment.
    """

    first_token_ms: float
    first_token_at_once_ms: float
    ms_per_token: float
    tokens_per_s: float


def estimate(
    calibration: Calibration,
    replica: Replica,
    workload: Workload,
    max_kv_tokens: int,
) -> Speed:
    """Estimate what one replica does when `workload.concurrency` users ask again and again.

    `max_kv_tokens` is what its cache has room for; requests beyond that wait.
    docs/speed-model.md has the formulas, and how far off they were on rows left out of the fit.
    """
    words, error_factor = reliability(calibration, replica, workload)
    sequences = running(calibration, replica, workload, max_kv_tokens)
    found = times(calibration, replica, workload, sequences)
    return Speed(
        time_to_first_token_ms=found.first_token_ms,
        time_to_first_token_at_once_ms=found.first_token_at_once_ms,
        ms_per_token=found.ms_per_token,
        tokens_per_s=found.tokens_per_s,
        calibration=words,
        error_factor=error_factor,
    )


def running(
    calibration: Calibration, replica: Replica, workload: Workload, max_kv_tokens: float
) -> float:
    """How many requests run at once: at most what the cache holds and the engine takes."""
    held = workload.input_tokens + workload.output_tokens * calibration.serving.held_answer_share
    room = max(1.0, max_kv_tokens / held)
    most = calibration.sequences(replica.accelerator.id)
    return min(float(workload.concurrency), room, float(most))


def times(
    calibration: Calibration,
    replica: Replica,
    workload: Workload,
    sequences: float,
    *,
    streams: bool = True,
) -> Times:
    """Times of a replica with so many sequences running; the other users wait for a place.

    While an answer is written, each of the other users asks once more, and of each prompt's time
    the running answers wait `prompt_share`.
    """
    passes = passes_of(calibration, replica, streams=streams)
    output_tokens = workload.output_tokens
    step = passes.step_ms(sequences, workload.input_tokens + output_tokens / 2)
    prefill = passes.prefill_ms(workload.input_tokens)
    prompt = calibration.fitted.prompt_share * prefill
    ms_per_token = step + (sequences - 1) / output_tokens * prompt
    answer_ms = output_tokens * step + sequences * prompt
    # A request comes at any moment of a step that is under way: half of it is left on average.
    started = step / 2 if sequences > 1 else 0.0
    alone = started + prefill + passes.step_ms(1, workload.input_tokens)
    others = (sequences - 1) * prefill
    queue = (workload.concurrency - sequences) / sequences * answer_ms
    return Times(
        first_token_ms=queue + alone + _EVEN_WAIT * others,
        first_token_at_once_ms=queue + alone + _AT_ONCE_WAIT * others,
        ms_per_token=ms_per_token,
        tokens_per_s=sequences * output_tokens * _MS / answer_ms,
    )
