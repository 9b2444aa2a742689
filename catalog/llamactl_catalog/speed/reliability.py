"""What an estimate rests on, in words, and the factor by which it may be off."""

from math import exp, log, sqrt

from llamactl_catalog.replica import Replica
from llamactl_catalog.speed.calibration import Calibration
from llamactl_catalog.workload import Workload


def reliability(
    calibration: Calibration, replica: Replica, workload: Workload
) -> tuple[str, float]:
    """Name the calibration and what it has not measured, and the factor by which it may be off.

    A factor of 1.4 says: in 8 of 10 cases between the estimate over 1.4 and 1.4 times it. What was
    not measured widens it: the squares of the logarithms add up, as of errors that have nothing
    in common.
    """
    accelerator, quantization = replica.accelerator, replica.quantization
    errors, measured = calibration.errors, calibration.measured
    unmeasured: list[str] = []
    factors = [errors.within]
    if accelerator.id not in measured.accelerators:
        unmeasured.append(accelerator.name)
        factors.append(errors.accelerator)
    if quantization not in measured.quantizations:
        unmeasured.append(quantization)
        factors.append(errors.quantization)
    if not measured.least_parameters <= replica.model.parameters <= measured.most_parameters:
        unmeasured.append("models of this size")
        factors.append(errors.parameters)
    if workload.concurrency > measured.most_users:
        unmeasured.append(f"{workload.concurrency} users")
        factors.append(errors.users)
    if workload.input_tokens > measured.most_input_tokens:
        unmeasured.append(f"prompts of {workload.input_tokens} tokens")
        factors.append(errors.users)
    if not unmeasured:
        return calibration.title, errors.within
    words = f"{calibration.title}; not measured: {', '.join(unmeasured)}"
    return words, exp(sqrt(sum([log(each) ** 2 for each in factors])))
