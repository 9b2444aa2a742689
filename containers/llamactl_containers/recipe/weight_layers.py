"""Weights in an image: which files go into which layer, and what may be copied at all. Pure."""

import json
import re
from collections.abc import Iterator, Sequence

from llamactl_catalog.errors import InvalidFile
from llamactl_catalog.units import GIB
from llamactl_containers.recipe.context import WEIGHTS_CONTEXT, BakedWeights
from llamactl_containers.weights.manifest import StagedFile

# A large file is a layer, and small ones share one: what has arrived is not sent twice, and files
# that change take no others with them. Overlay file systems stack 127 layers, of which an engine's
# image has up to 40; ECR takes layers of up to 52,000 MiB. Sources: Docker, storage drivers,
# overlayfs; Amazon ECR service quotas, read 2026-11.
_LAYER_BYTES = 4 * GIB
_LAYERS = 32
# What else is in a name is a pattern or a variable to a Dockerfile.
_PLAIN_NAME = re.compile(r"[A-Za-z0-9._+@=,() -]+")


def weight_layers(weights: BakedWeights) -> tuple[tuple[StagedFile, ...], ...]:
    """Give the files of each layer, in the order of their paths; a layer is of one folder."""
    bound_bytes = max(_LAYER_BYTES, -(-weights.total_bytes // _LAYERS))
    made: list[list[StagedFile]] = []
    for each in sorted(weights.files, key=lambda each: (_folder(each), each.path)):
        last = made[-1] if made else []
        is_same_folder = bool(last) and _folder(last[0]) == _folder(each)
        size_bytes = sum(one.size_bytes for one in last) + each.size_bytes
        if is_same_folder and size_bytes <= bound_bytes:
            last.append(each)
        else:
            made.append([each])
    return tuple(map(tuple, made))


def copy_instructions(weights: BakedWeights, target: str) -> str:
    """Give the Dockerfile's lines that copy the weights below a folder of the image.

    They name each file, so that nothing else of the folder gets in; with one mode and owner, so
    that those of this machine are not in the digest, and any user of the container can read them.
    """
    return "".join(_lines(weight_layers(weights), target))


def check_names(files: Sequence[StagedFile], place: str) -> None:
    """Refuse names that a Dockerfile would take for something else.

    Raises:
        InvalidFile: with all of them.
    """
    problems = [
        f"{each.path!r} cannot be named in a Dockerfile"
        for each in files
        if any(
            not _PLAIN_NAME.fullmatch(part) or part in {".", ".."} for part in each.path.split("/")
        )
    ]
    if problems:
        hint = "rename it: letters, digits, blanks and ._+@=,()- are plain"
        raise InvalidFile(place, problems, hint=hint)


def _lines(layers: Sequence[Sequence[StagedFile]], target: str) -> Iterator[str]:
    for layer in layers:
        folder = _folder(layer[0])
        into = f"{target}/{folder}/" if folder else f"{target}/"
        words = json.dumps([*(each.path for each in layer), into])
        yield f"COPY --from={WEIGHTS_CONTEXT} --chmod=0644 --chown=0:0 {words}\n"


def _folder(file: StagedFile) -> str:
    return file.path.rpartition("/")[0]
