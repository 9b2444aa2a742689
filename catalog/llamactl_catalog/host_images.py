"""What a cloud's machines run below a container: the GPU's driver, and the CUDA that it brings."""

from dataclasses import dataclass
from datetime import date
from functools import cache

from llamactl_catalog.engine_versions import EngineVersion, Numbers, numbers
from llamactl_catalog.tables import Columns, day, optional, read_table, text, whole


@dataclass(frozen=True, slots=True)
class HostImage:
    """One image of a host, by the cloud's own name.

    `cuda` is the newest that its driver runs. `families` are the instance types that it is for, by
    the beginning of their names; empty: the cloud does not say.
    """

    cloud: str
    name: str
    driver: int
    cuda: Numbers
    families: tuple[str, ...]
    source: str
    checked_on: date

    def is_for(self, instance_type: str) -> bool:
        """Tell whether it runs on an instance type, as far as the cloud says."""
        family = instance_type.rpartition(".")[0]
        return not self.families or family in self.families


def _dotted(cell: str) -> Numbers:
    try:
        return numbers(cell)
    except ValueError:
        raise ValueError("a version like 12.4") from None


def _words(cell: str) -> tuple[str, ...]:
    return tuple(cell.split())


_COLUMNS: Columns = {
    "cloud": text,
    "name": text,
    "driver": whole,
    "cuda": _dotted,
    "families": optional(_words),
    "source": text,
    "checked_on": day,
}


@cache
def host_images() -> tuple[HostImage, ...]:
    """Give every image of a host that can be chosen, those of one cloud by age."""
    return tuple(read_table("host_images.csv", _COLUMNS, _host_image))


def host_images_of(cloud: str) -> tuple[HostImage, ...]:
    """Give the images that can be chosen on a cloud; none: it chooses, and does not say."""
    return tuple(each for each in host_images() if each.cloud == cloud)


def host_image_for(version: EngineVersion, cloud: str, instance_type: str) -> HostImage | None:
    """Choose the host's image for an engine: the oldest whose driver runs the engine's CUDA.

    None: nothing can be chosen on that cloud, or nothing there is new enough. A cloud's own default
    is never taken: it may be older than the container, which then ends without a log.
    """
    fitting = [
        each
        for each in host_images_of(cloud)
        if each.cuda >= version.cuda and each.is_for(instance_type)
    ]
    return min(fitting, key=lambda each: each.cuda, default=None)


def _host_image(families: tuple[str, ...] | None, **cells: object) -> HostImage:
    return HostImage(families=families or (), **cells)  # type: ignore[arg-type]  # columns, checked
