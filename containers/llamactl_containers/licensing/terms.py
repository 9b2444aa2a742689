"""The terms that are to be accepted: a license of the catalog with the texts that there are now."""

from dataclasses import dataclass, field, replace

from llamactl_catalog.errors import LicenseRefused, LlamactlError
from llamactl_catalog.licensing.acceptance import AcceptedText, Terms
from llamactl_catalog.model import License, LicenseText, Model
from llamactl_catalog.progress import Report, silent
from llamactl_containers.licensing.texts import LicenseTexts, OwnCopy, ReadText


@dataclass(frozen=True, slots=True)
class TermsNow:
    """The terms, the texts that could be read, and why others could not.

    `uncompared` says why a copy in the model's own repository could not be read, too.
    """

    terms: Terms
    texts: tuple[ReadText, ...] = field(repr=False)
    unread: tuple[str, ...] = ()
    uncompared: tuple[str, ...] = ()

    def copies(self) -> dict[str, bytes]:
        """Give the texts by their SHA-256, for the ledger to keep."""
        return {each.sha256: each.content for each in self.texts}


def terms_now(
    license_: License,
    texts: LicenseTexts,
    model: Model | None = None,
    *,
    must_read: bool = True,
    report: Report = silent,
) -> TermsNow:
    """Read the texts of a license, to be accepted as they are now.

    Unless it `must_read`, a text that cannot be read stands there by the hash that the catalog
    knows, if it knows one: enough for whoever names that hash. Where the model's own repository has
    a copy with other words, that is accepted, too, and stands after the makers' text.

    Raises:
        LicenseRefused: the license names no text, so that there is nothing to accept.
        LlamactlError: of `LicenseTexts.read`.
    """
    if license_.text("license") is None:
        raise LicenseRefused(
            f"the license {license_.id} names no text that could be accepted",
            hint="give it [[texts]] in the catalog overlay: docs/overlay.md",
        )
    accepted: list[AcceptedText] = []
    read: list[ReadText] = []
    unread, uncompared = [], []
    for text in license_.texts:
        try:
            found = texts.read(text, model, report)
        except LlamactlError as error:
            if must_read or text.normalized_sha256 is None:
                raise
            unread.append(error.message)
            accepted.append(_by_hash(text, text.normalized_sha256))
        else:
            own = texts.own_copy(text, model, found, report)
            copies = _with_copy(found, own)
            read += copies
            also_at = own.place if own is not None and own.has_words_of(found) else None
            accepted += [_as_read(text, each, also_at) for each in copies]
            if own is not None and own.why is not None:
                uncompared.append(f"{own.place} {own.why}")
    terms = Terms(
        license=license_.id,
        name=license_.name,
        spdx=license_.spdx,
        texts=tuple(accepted),
        version=license_.version,
        effective_on=None if license_.effective_on is None else license_.effective_on.isoformat(),
        notice=license_.notice,
    )
    return TermsNow(terms, tuple(read), tuple(unread), tuple(uncompared))


def _with_copy(found: ReadText, own: OwnCopy | None) -> list[ReadText]:
    """Give the makers' text, and after it the model's own where it has other words."""
    if own is None or own.read is None or own.has_words_of(found):
        return [found]
    return [found, replace(own.read, file_name=own.file_name)]


def _as_read(text: LicenseText, found: ReadText, also_at: str | None) -> AcceptedText:
    return AcceptedText(
        kind=text.kind,
        file_name=found.file_name,
        normalized_sha256=found.normalized_sha256,
        known_sha256=text.normalized_sha256,
        sha256=found.sha256,
        size_bytes=len(found.content),
        place=found.place,
        also_at=also_at,
    )


def _by_hash(text: LicenseText, normalized_sha256: str) -> AcceptedText:
    return AcceptedText(text.kind, text.file_name, normalized_sha256, normalized_sha256)
