"""The coefficients of an engine version, read from `calibrations/ENGINE-VERSION.toml`."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import date
from functools import cache
from math import prod
from pathlib import Path
from typing import Any, get_args

from llamactl_catalog.documents import read_file
from llamactl_catalog.errors import InvalidFile
from llamactl_catalog.fields import Day, Field, Number, Table, TableOf, Text, Whole
from llamactl_catalog.placement import Quantization
from llamactl_catalog.shapes import ID

FOLDER = Path(__file__).parent.parent / "calibrations"


@dataclass(frozen=True, slots=True)
class Measured:
    """What the rows cover; beyond it an estimate is an extrapolation."""

    least_parameters: int
    most_parameters: int
    most_concurrency: int
    most_input_tokens: int


@dataclass(frozen=True, slots=True)
class Fitted:
    """The coefficients that come from the measured rows (docs/speed-model.md).

    `bandwidth_share`: of the data sheet's peak. `row_share`: what each further row of a batch
    costs, in passes over the 16-bit weights. `onboarding`: the host's time for a prompt, in
    decode steps. `link_bytes_per_s`, `host_bytes_per_s`: at which shards add up small messages,
    each over its own link, or all together through the host.
    """

    bandwidth_share: float
    row_share: float
    onboarding: float
    link_bytes_per_s: float
    host_bytes_per_s: float


@dataclass(frozen=True, slots=True)
class Assumed:
    """The coefficients that the rows do not show, from what is known of hardware and engine.

    What a message has beyond `small_message_bytes` moves at `large_link_share` of the link's peak,
    or at `large_host_bytes_per_s`; each hop of a ring takes `link_hop_us` or `host_hop_us`.
    """

    prefill_flops_share: float
    tokens_between_joins: float
    small_message_bytes: float
    large_link_share: float
    large_host_bytes_per_s: float
    link_hop_us: float
    host_hop_us: float


@dataclass(frozen=True, slots=True)
class Kernel:
    """How a quantization's matrix kernel reads weights, against plain reads of the same bytes.

    One row takes `first_row` times that; each further row adds `next_row` of it, until unpacking
    the weights to 16 bit, which moves `unpack_bytes_per_weight`, is quicker. Plain: 1, 0, 0.
    `mean_over_typical` is the mean request time over that of the typical (median) request.
    """

    first_row: float
    next_row: float
    unpack_bytes_per_weight: float
    mean_over_typical: float


@dataclass(frozen=True, slots=True)
class Errors:
    """How far off estimates were on rows that the fit had not seen; 0.5: by a factor of 1.5.

    `within` what was measured; beyond it, on another accelerator, size of model, more users or
    another quantization. `other_engines`: on rows of other engines, with longer prompts.
    Each is the exponential of the root mean square of the logarithms, less one.
    """

    within: float
    accelerator: float
    parameters: float
    users: float
    quantization: float
    other_engines: float


@dataclass(frozen=True, slots=True)
class Calibration:
    """The speed of one engine version, as fitted to one measured table.

    `kernels` also has quantizations that were not measured, as the one that is most alike.
    """

    engine: str
    version: str
    title: str
    source: str
    fitted_on: date
    rows: int
    measured: Measured
    fitted: Fitted
    assumed: Assumed
    errors: Errors
    host_ms_per_layer: Mapping[str, float]
    kernels: Mapping[str, Kernel]
    measured_quantizations: frozenset[str]

    def host_ms(self, accelerator_id: str) -> float:
        """Give the host's time per layer; of an accelerator not measured, the geometric mean."""
        found = self.host_ms_per_layer.get(accelerator_id)
        if found is not None:
            return found
        return prod(self.host_ms_per_layer.values()) ** (1 / len(self.host_ms_per_layer))


def _numbers(values: type[Measured | Fitted | Assumed | Kernel | Errors], kind: Field) -> Table:
    return Table({each.name: kind for each in fields(values)})


_QUANTIZATIONS = Text(choices=get_args(Quantization))
_SHAPE = Table(
    {
        "engine": ID,
        "version": Text(pattern=r"\d+(\.\d+)*", words="a version like 1.0.3"),
        "title": Text(),
        "source": Text(),
        "fitted_on": Day(),
        "rows": Whole(),
        "measured": _numbers(Measured, Whole()),
        "fitted": _numbers(Fitted, Number()),
        "assumed": _numbers(Assumed, Number()),
        "errors": _numbers(Errors, Number()),
        "accelerators": TableOf(ID, Table({"host_ms_per_layer": Number()})),
        "kernels": TableOf(_QUANTIZATIONS, _numbers(Kernel, Number())),
        "like": TableOf(_QUANTIZATIONS, Table({"kernel": _QUANTIZATIONS})),
    }
)


@cache
def load_calibration(engine: str = "tgi", version: str | None = None) -> Calibration:
    """Read the calibration of an engine's version, or else the one that is nearest to it.

    That is the newest fit of the engine, and for an engine without one the newest that there is.

    Raises:
        InvalidFile: a data file has problems.
    """
    every = [read_calibration(path) for path in sorted(FOLDER.glob("*.toml"))]
    return max(
        every, key=lambda each: (each.engine == engine, each.version == version, each.fitted_on)
    )


def read_calibration(path: Path) -> Calibration:
    """Read one file.

    Raises:
        InvalidFile: it has problems.
    """
    content, problems = read_file(path, _SHAPE)
    if problems:
        raise InvalidFile(str(path), problems)
    return _calibration(content)


def _calibration(content: Mapping[str, Any]) -> Calibration:
    kernels = {name: Kernel(**each) for name, each in content["kernels"].items()}
    alike = {name: kernels[each["kernel"]] for name, each in content["like"].items()}
    plain = ("engine", "version", "title", "source", "fitted_on", "rows")
    return Calibration(
        **{name: content[name] for name in plain},
        measured=Measured(**content["measured"]),
        fitted=Fitted(**content["fitted"]),
        assumed=Assumed(**content["assumed"]),
        errors=Errors(**content["errors"]),
        host_ms_per_layer={
            name: each["host_ms_per_layer"] for name, each in content["accelerators"].items()
        },
        kernels={**alike, **kernels},
        measured_quantizations=frozenset(kernels),
    )
