"""The constants of an engine family, read from `calibrations/NAME.toml`.

docs/speed-model.md says what each constant is and where it is from. `bench/fit_speed.py` writes
the numbers.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any, get_args

from llamactl_catalog.documents import read_file
from llamactl_catalog.engine_versions import numbers
from llamactl_catalog.errors import InvalidFile
from llamactl_catalog.fields import Day, Field, Flag, ListOf, Number, Table, TableOf, Text, Whole
from llamactl_catalog.placement import Quantization
from llamactl_catalog.shapes import ID

FOLDER = Path(__file__).parent.parent / "calibrations"


@dataclass(frozen=True, slots=True)
class Fitted:
    """The constants that are fitted to measured rows.

    `layer_us`: host and launch time of a layer in each pass. `sequence_us`: scheduling, sampling
    and streaming of one sequence in each step. `prompt_share`: how much of a prompt's time the
    running sequences wait. `admission`: what taking in a prompt costs beside its arithmetic, in
    passes over the weights.
    """

    layer_us: float
    sequence_us: float
    prompt_share: float
    admission: float


@dataclass(frozen=True, slots=True)
class Serving:
    """How the engine serves, from its documentation and source.

    `held_answer_share`: the share of an answer that a sequence holds in the cache on average while
    others are admitted; 1 where the engine reserves all of it. `offline_share`: of `sequence_us`,
    where nothing is streamed. `sequences`: the most that run at once unless told otherwise.
    `fp8_arithmetic_from`: the compute capability from which FP8 weights are multiplied in 8 bit.
    """

    held_answer_share: float
    offline_share: float
    sequences: int
    whole_layers_fp8: bool
    fp8_arithmetic_from: float


@dataclass(frozen=True, slots=True)
class Machine:
    """What differs on one accelerator's machines; None: nothing does."""

    layer_us: float | None = None
    exchange_gb_per_s: float | None = None
    sequences: int | None = None


@dataclass(frozen=True, slots=True)
class Kernel:
    """How a quantization's matrix kernel reads weights, against plain reads of the same bytes.

    One sequence takes `first_row` times that; each further one adds `next_row` of it, until
    unpacking the weights to 16 bit, which moves `unpack_bytes_per_weight`, is faster.
    """

    first_row: float = 1.0
    next_row: float = 0.0
    unpack_bytes_per_weight: float = 0.0


@dataclass(frozen=True, slots=True)
class Measured:
    """What the rows cover; beyond it an estimate is an extrapolation."""

    least_parameters: int
    most_parameters: int
    most_users: int
    most_input_tokens: int
    accelerators: tuple[str, ...]
    quantizations: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Errors:
    """Factors, at least 1, that hold in 8 of 10 cases on rows which the fit has not seen.

    `within` what was measured. The others widen it where an accelerator, a size of model, a number
    of users or a quantization was not measured.
    """

    within: float
    accelerator: float
    parameters: float
    users: float
    quantization: float


@dataclass(frozen=True, slots=True)
class Residuals:
    """How far off the fit is on the rows of one source: factors, either way."""

    source: str
    rows: int
    median: float
    p90: float
    worst: float


@dataclass(frozen=True, slots=True)
class Calibration:
    """The speed of one engine family, from `first_version` on."""

    name: str
    engine: str
    also: tuple[str, ...]
    first_version: tuple[int, ...]
    title: str
    source: str
    fitted_on: date
    rows: int
    fitted: Fitted
    serving: Serving
    measured: Measured
    errors: Errors
    machines: Mapping[str, Machine] = field(default_factory=dict)
    kernels: Mapping[str, Kernel] = field(default_factory=dict)
    residuals: tuple[Residuals, ...] = ()

    @property
    def whole_layers_fp8(self) -> bool:
        """Whether FP8 takes every matrix of every layer."""
        return self.serving.whole_layers_fp8

    @property
    def offline_share(self) -> float:
        """The share of a sequence's time that is left where nothing is streamed."""
        return self.serving.offline_share

    @property
    def fp8_arithmetic_from(self) -> tuple[int, int]:
        """The compute capability from which FP8 is multiplied in 8 bit."""
        return divmod(round(self.serving.fp8_arithmetic_from * 10), 10)

    def kernel(self, quantization: str) -> Kernel:
        """The kernel of a quantization; without one of its own, plain reads of its bytes."""
        return self.kernels.get(quantization, _PLAIN)

    def layer_us(self, accelerator_id: str) -> float:
        """Time of a layer beside its kernels, on the machines of an accelerator."""
        own = self._machine(accelerator_id).layer_us
        return own if own is not None else self.fitted.layer_us

    def exchange_gb_per_s(self, accelerator_id: str) -> float | None:
        """The rate of all-reduce, where this engine has its own; None: that of the kernel facts."""
        return self._machine(accelerator_id).exchange_gb_per_s

    def sequences(self, accelerator_id: str) -> int:
        """The most sequences that run at once."""
        own = self._machine(accelerator_id).sequences
        return own if own is not None else self.serving.sequences

    def _machine(self, accelerator_id: str) -> Machine:
        return self.machines.get(accelerator_id, _ORDINARY)


_PLAIN, _ORDINARY = Kernel(), Machine()


def _numbers(kind: type[Any], number: Field) -> dict[str, Field]:
    return {each.name: number for each in fields(kind)}


_QUANTIZATION = Text(choices=get_args(Quantization))
_VERSION = Text(pattern=r"\d+(\.\d+)*", words="a version like 1.0.3")
_FACTOR = Number(1)
_SHAPE = Table(
    {
        "engine": ID,
        "first_version": _VERSION,
        "title": Text(),
        "source": Text(),
        "fitted_on": Day(),
        "rows": Whole(),
        "fitted": Table(_numbers(Fitted, Number())),
        "serving": Table(
            {
                "held_answer_share": Number(),
                "offline_share": Number(),
                "sequences": Whole(),
                "whole_layers_fp8": Flag(),
                "fp8_arithmetic_from": Number(),
            }
        ),
        "measured": Table(
            {
                **_numbers(Measured, Whole()),
                "accelerators": ListOf(ID, 1),
                "quantizations": ListOf(_QUANTIZATION, 1),
            }
        ),
        "errors": Table(_numbers(Errors, _FACTOR)),
        "residuals": ListOf(
            Table(
                {
                    "source": Text(),
                    "rows": Whole(),
                    "median": _FACTOR,
                    "p90": _FACTOR,
                    "worst": _FACTOR,
                }
            )
        ),
    },
    {
        "also": ListOf(ID),
        "machines": TableOf(
            ID,
            Table(
                {},
                {"layer_us": Number(), "exchange_gb_per_s": Number(), "sequences": Whole()},
            ),
        ),
        "kernels": TableOf(_QUANTIZATION, Table({}, _numbers(Kernel, Number()))),
    },
)


def load_calibration(engine: str = "tgi", version: str | None = None) -> Calibration:
    """The calibration of an engine's version: of its own family, never of another one.

    `version` None: the newest. A version before the first calibration gets the first.

    Raises:
        InvalidFile: a data file has problems.
        KeyError: there is none for the engine.
    """
    family = load_calibrations()[engine]
    if version is None:
        return family[-1]
    own = numbers(version)
    return next((each for each in reversed(family) if each.first_version <= own), family[0])


@cache
def load_calibrations() -> Mapping[str, tuple[Calibration, ...]]:
    """Every calibration by engine, oldest version first.

    Raises:
        InvalidFile: a data file has problems.
    """
    found: dict[str, list[Calibration]] = {}
    for path in sorted(FOLDER.glob("*.toml")):
        each = read_calibration(path)
        for engine in (each.engine, *each.also):
            found.setdefault(engine, []).append(each)
    return {
        engine: tuple(sorted(family, key=lambda each: each.first_version))
        for engine, family in found.items()
    }


def read_calibration(path: Path) -> Calibration:
    """Read one file.

    Raises:
        InvalidFile: it has problems.
    """
    content, problems = read_file(path, _SHAPE)
    if problems:
        raise InvalidFile(str(path), problems)
    measured = content["measured"]
    plain = ("engine", "title", "source", "fitted_on", "rows")
    return Calibration(
        name=path.stem,
        **{name: content[name] for name in plain},
        also=tuple(content.get("also", ())),
        first_version=numbers(content["first_version"]),
        fitted=Fitted(**content["fitted"]),
        serving=Serving(**content["serving"]),
        measured=Measured(
            **{
                **measured,
                "accelerators": tuple(measured["accelerators"]),
                "quantizations": tuple(measured["quantizations"]),
            }
        ),
        errors=Errors(**content["errors"]),
        machines={name: Machine(**each) for name, each in content.get("machines", {}).items()},
        kernels={name: Kernel(**each) for name, each in content.get("kernels", {}).items()},
        residuals=tuple(Residuals(**each) for each in content["residuals"]),
    )
