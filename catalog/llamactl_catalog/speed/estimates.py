"""From passes to what users see: prompts interrupt answers, a full batch makes requests wait."""

from llamactl_catalog.placement import Speed
from llamactl_catalog.replica import Replica
from llamactl_catalog.speed.calibration import Calibration, load_calibration
from llamactl_catalog.speed.passes import passes_of
from llamactl_catalog.speed.reliability import reliability
from llamactl_catalog.workload import Workload

_MS = 1e3


def estimate(
    replica: Replica,
    workload: Workload,
    engine: str = "tgi",
    engine_version: str | None = None,
    *,
    batch_size: int | None = None,
) -> Speed:
    """Estimate what one replica does when `workload.concurrency` users ask again and again.

    `engine_version` None: the one that llamactl deploys. `batch_size` is the number of requests
    that run at once while the others wait; None: all run. docs/speed-model.md has the formulas,
    how they were calibrated and how far they were off.
    """
    calibration = load_calibration(engine, engine_version)
    words, error = reliability(calibration, replica, workload, engine, engine_version)
    first_token_ms, ms_per_token, request_ms = times(calibration, replica, workload, batch_size)
    tokens_in_flight = workload.concurrency * workload.output_tokens
    return Speed(first_token_ms, ms_per_token, tokens_in_flight * _MS / request_ms, words, error)


def times(
    calibration: Calibration,
    replica: Replica,
    workload: Workload,
    batch_size: int | None = None,
) -> tuple[float, float, float]:
    """Give the typical time to the first token and per token, and the mean of a request, in ms.

    While an answer is written, each of the other users asks once more, and a prompt stops all
    answers. The engine takes waiting prompts in together, at most once in `tokens_between_joins`:
    one's own with some, the rest in interruptions of one's answer.
    """
    passes = passes_of(calibration, replica)
    output_tokens = workload.output_tokens
    running = workload.concurrency if batch_size is None else min(workload.concurrency, batch_size)
    step = passes.decode_ms(running, workload.input_tokens + output_tokens / 2)
    between = calibration.assumed.tokens_between_joins
    prompts = min(float(running), max(1.0, running * between / output_tokens))
    interruptions = running / prompts - 1
    prefill = passes.prefill_ms(prompts * workload.input_tokens)
    ms_per_token = step + interruptions * prefill / output_tokens
    # A request comes at any moment of a step that is under way: half of it is left on average.
    wait = step / 2 if running > 1 else 0.0
    served = wait + prefill + (output_tokens - 1) * ms_per_token
    queue = (workload.concurrency - running) / running * served
    mean_over_typical = calibration.kernels[replica.quantization].mean_over_typical
    return queue + wait + prefill, ms_per_token, (queue + served) * mean_over_typical
