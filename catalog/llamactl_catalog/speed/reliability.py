"""What stands behind an estimate, in words, and how far off it may be."""

from math import exp, log, sqrt

from llamactl_catalog.replica import Replica
from llamactl_catalog.speed.calibration import Calibration
from llamactl_catalog.workload import Workload


def reliability(
    calibration: Calibration,
    replica: Replica,
    workload: Workload,
    engine: str,
    engine_version: str | None,
) -> tuple[str, float]:
    """Name the calibration and what it has not measured, and give the error.

    An error of 0.5 says: typically between 1/1.5 and 1.5 times the estimate. What was not measured
    widens it: the squares of the logarithms add up, as of errors that have nothing in common.
    """
    accelerator, quantization = replica.accelerator, replica.quantization
    errors, measured = calibration.errors, calibration.measured
    unmeasured: list[str] = []
    factors: list[float] = []
    if engine_version != calibration.version or engine != calibration.engine:
        unmeasured.append(f"version {engine_version}" if engine_version else "the version deployed")
    if workload.input_tokens > measured.most_input_tokens:
        unmeasured.append(f"prompts of {workload.input_tokens} tokens")
    if unmeasured:
        factors.append(errors.other_engines)
    if accelerator.id not in calibration.host_ms_per_layer:
        unmeasured.append(accelerator.name)
        factors.append(errors.accelerator)
    if quantization not in calibration.measured_quantizations:
        unmeasured.append(quantization)
        factors.append(errors.quantization)
    if not measured.least_parameters <= replica.model.parameters <= measured.most_parameters:
        unmeasured.append("models of this size")
        factors.append(errors.parameters)
    if workload.concurrency > measured.most_concurrency:
        unmeasured.append(f"{workload.concurrency} users")
        factors.append(errors.users)
    if not unmeasured:
        return calibration.title, errors.within
    squares = sum([log(1 + each) ** 2 for each in (errors.within, *factors)])
    words = f"{calibration.title}; not measured: {', '.join(unmeasured)}"
    if engine != calibration.engine:
        words = f"none for {engine}, computed as {words}"
    return words, exp(sqrt(squares)) - 1
