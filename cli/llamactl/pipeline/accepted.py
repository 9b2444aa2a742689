"""What is accepted by name, on the command line or in the environment."""

from dataclasses import dataclass
from typing import Literal

from llamactl_catalog.licensing.reference import split_reference


@dataclass(frozen=True, slots=True)
class Accepted:
    """The references that were named on the command line or in the environment."""

    references: tuple[str, ...] = ()
    method: Literal["option", "environment"] = "option"

    def of(self, license_id: str) -> str | None:
        """Give the reference to a license, if it was named."""
        named = (each for each in self.references if split_reference(each)[0] == license_id)
        return next(named, None)
