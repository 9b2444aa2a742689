"""The engines that come as container images, by name."""

from collections.abc import Mapping
from types import MappingProxyType

from llamactl_containers.engines.engine import ContainerEngine
from llamactl_containers.engines.tgi import Tgi
from llamactl_containers.engines.vllm import Vllm

_ENGINES: tuple[ContainerEngine, ...] = (Tgi(), Vllm())
CONTAINER_ENGINES: Mapping[str, ContainerEngine] = MappingProxyType(
    {each.name: each for each in _ENGINES}
)
"""Every one; the table of engine versions has the same names."""
