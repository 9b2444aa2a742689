"""References: a license or model, and the hash of the text that is meant: `llama-2@0629d729`."""

import re
from dataclasses import dataclass

from llamactl_catalog.errors import LicenseRefused

DIGITS = 8
_FORM = re.compile(r"[0-9a-f]{8,64}")


@dataclass(frozen=True, slots=True)
class Reference:
    """What was named, and the first digits of the normalized SHA-256 of its license text."""

    name: str
    digits: str

    def __str__(self) -> str:
        return f"{self.name}@{self.digits}"

    def means(self, normalized_sha256: str) -> bool:
        """Tell whether this is the text that is meant."""
        return normalized_sha256.startswith(self.digits)


def reference_to(name: str, normalized_sha256: str) -> Reference:
    """Give the shortest reference to a text."""
    return Reference(name, normalized_sha256[:DIGITS])


def split_reference(text: str) -> tuple[str, str | None]:
    """Part what was named from the digits, as they were given; None: there is no `@`."""
    name, at, digits = text.strip().partition("@")
    return name, digits if at else None


def is_well_formed(digits: str | None) -> bool:
    """Tell whether what stands after the `@` is enough of a hash."""
    return digits is not None and _FORM.fullmatch(digits) is not None


def check_reference(given: str, right: Reference, normalized_sha256: str) -> None:
    """Refuse a reference that does not name this very text.

    Raises:
        LicenseRefused: with the right form.
    """
    _, digits = split_reference(given)
    if digits is None:
        what = f"'{given}' does not say which text: an id alone accepts nothing"
    elif not is_well_formed(digits):
        what = f"'{given}' must have {DIGITS} or more of the hash's digits (0-9, a-f) after the @"
    elif not normalized_sha256.startswith(digits):
        what = f"'{given}' names another text than the one that is in force now"
    else:
        return
    hint = f"read it with llamactl license show {right.name}; the right form is {right}"
    raise LicenseRefused(what, hint=hint)
