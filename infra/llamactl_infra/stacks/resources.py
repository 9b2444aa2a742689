"""Resources by their URN, in words that a person reads."""

import re
from dataclasses import dataclass

_STACK_TYPE = "pulumi:pulumi:Stack"


@dataclass(frozen=True, slots=True)
class Named:
    """A resource: its type (with those of its parents left out), and its name in the stack."""

    type: str
    name: str

    @property
    def words(self) -> str:
        """Give its kind in words: endpoint configuration."""
        kind = self.type.rpartition(":")[2]
        return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", kind).lower()

    def __str__(self) -> str:
        return f"{self.words} {self.name}"

    @property
    def is_real(self) -> bool:
        """Tell whether it is something in the cloud: no stack, component or provider."""
        no_resource = self.type.startswith(("pulumi:", "llamactl:"))
        return not no_resource and self.type != _STACK_TYPE


def named(urn: str) -> Named:
    """Read a URN: urn:pulumi:stack::project::parent$type::name."""
    parts = urn.split("::", 3)
    if len(parts) < 4:  # noqa: PLR2004 - the parts of a URN
        return Named("", urn)
    return Named(parts[2].rpartition("$")[2], parts[3])
