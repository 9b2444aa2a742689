"""The weights stage: license, access, then the files into a folder or the user's own storage."""

import os
import signal
from collections.abc import Coroutine
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from llamactl.app import App
from llamactl.output import stdin_is_terminal, talk
from llamactl.pipeline.accepted import Accepted
from llamactl.pipeline.license_gate import have_license
from llamactl_catalog.errors import InvalidInput, LlamactlError, NotFound
from llamactl_catalog.model import HuggingFaceSource, License, MetaSource, Model, license_at
from llamactl_catalog.progress import Report, Step

if TYPE_CHECKING:
    from llamactl_containers.weights.access import Access, HubRevision
    from llamactl_containers.weights.files import Listing
    from llamactl_containers.weights.meta import SignedUrl
    from llamactl_containers.weights.ranges import Patience
    from llamactl_containers.weights.staging import OpenPieces, Staged
    from llamactl_containers.weights.verifying import Verification

HUB, META = "huggingface", "meta"
_ENDPOINT = "HF_ENDPOINT"
_META_VARIABLE = "LLAMACTL_META_URL"
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class FetchOrder:
    """What `weights fetch` and `weights stage` were asked for; `source` may name a folder."""

    model: str
    target: str
    source: str = HUB
    meta_url_file: Path | None = None
    replace: bool = False
    accepted: Accepted = field(default_factory=Accepted)


def fetch_weights(app: App, order: FetchOrder) -> "Staged":
    """Have a model's files in the target, whole, verified and with their license beside them.

    Raises:
        LicenseRefused: the license is not accepted; nothing was fetched.
        NoAccess: the token may not read the weights, or Meta's URL has expired.
        LlamactlError: of the source, the target and the disk.
    """
    from llamactl.progress import stage
    from llamactl_containers.weights.staging import StagingOrder
    from llamactl_containers.weights.staging import stage as put
    from llamactl_containers.weights.targets import check_target, open_target

    check_target(order.target)
    model = app.catalog().model(order.model)
    revision = _hub_source(model).revision if order.source == HUB else None
    record = have_license(app, model, revision, order.accepted, _names(order))
    target = open_target(order.target)
    with stage("listing") as report:
        listing, open_pieces = _open_source(app, model, order, report)
    for note in listing.notes:
        talk(f"note: {note}")
    terms = license_at(model, revision)
    with stage("terms") as report:
        beside = _license_files(app, terms, model, listing, report)
    with stage("weights") as report:
        staging = StagingOrder(
            model=model.id,
            license=terms.id,
            license_acceptance=None if record is None else record.id,
            listing=listing,
            beside=beside,
            replace=order.replace,
            made_by=_made_by(),
        )
        return run_transfer(put(staging, target, open_pieces, report))


def probe(
    app: App, model_id: str, patience: "Patience | None" = None
) -> "tuple[Access, LlamactlError | None]":
    """Ask whether the token that is found may read a model's pinned revision; and what to tell.

    `patience` is with a Hub that is busy or away.

    Raises:
        UnknownModel: no such model.
        InvalidInput: it has no pinned revision on the Hub.
        Unhealthy: the Hub does not answer.
    """
    from llamactl_containers.weights.access import require_access
    from llamactl_containers.weights.hub import Hub
    from llamactl_containers.weights.ranges import Patience
    from llamactl_containers.weights.tokens import find_token

    revision = _hub_revision(app.catalog().model(model_id))
    patience = patience if patience is not None else Patience()
    access = Hub(revision, find_token(os.environ), patience).access()
    return access, require_access(access, revision)


def verify_weights(target: str, *, full: bool) -> "Verification":
    """Check a folder or a bucket against the manifest that lies there.

    Raises:
        NotFound: there is none.
        LlamactlError: the target cannot be read.
    """
    from llamactl.progress import stage
    from llamactl_containers.weights.targets import open_target
    from llamactl_containers.weights.verifying import verify

    opened = open_target(target)
    with stage("verify") as report:
        return run_transfer(verify(opened, report, full=full))


def verify_staged(target: str) -> "Verification | None":
    """Check what lies in a target by its sizes; None: nothing is there yet.

    Raises:
        LlamactlError: the target cannot be read.
    """
    from llamactl.progress import stage
    from llamactl_containers.weights.targets import open_target
    from llamactl_containers.weights.verifying import verify

    opened = open_target(target)
    with stage("verify") as report:
        try:
            return run_transfer(verify(opened, report, full=False))
        except NotFound:
            report(Step(f"nothing is in {target} yet"))
            return None


def run_transfer(transfer: Coroutine[Any, Any, _T]) -> _T:
    """Run a transfer; Ctrl-C and a request to end stop it in good order: no upload stays open.

    Raises:
        KeyboardInterrupt: it was stopped.
    """
    import asyncio

    async def stoppable() -> _T:
        task = asyncio.current_task()
        with suppress(NotImplementedError, RuntimeError, ValueError):  # not there on Windows
            if task is not None:
                asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
        return await transfer

    try:
        return asyncio.run(stoppable())
    except asyncio.CancelledError:
        raise KeyboardInterrupt from None


def _open_source(
    app: App, model: Model, order: FetchOrder, report: Report
) -> "tuple[Listing, OpenPieces]":
    from llamactl_containers.weights.ranges import HttpReader, Patience

    patience = Patience()
    if order.source == HUB:
        from llamactl_containers.weights.hub import Hub
        from llamactl_containers.weights.tokens import find_token

        hub = Hub(_hub_revision(model), find_token(os.environ), patience)
        report(Step("asking the Hugging Face Hub"))
        listing = hub.listing()
        report(Step(f"{len(listing.files)} files of {listing.origin['repo']}"))
        return listing, lambda arrived: HttpReader(hub, arrived, patience).pieces
    if order.source == META:
        from llamactl_containers.weights.meta import Meta

        meta = Meta(_meta_source(model), _meta_url(app, order), patience)
        report(Step("asking Meta's server"))
        listing = meta.listing()
        report(Step(f"{len(listing.files)} files of {listing.origin['name']}"))
        return listing, lambda arrived: HttpReader(meta, arrived, patience).pieces
    from llamactl_containers.weights.folder import Folder

    folder = Folder(Path(order.source).expanduser().absolute())
    listing = folder.listing(report)
    report(Step(f"{len(listing.files)} files of {order.source}"))
    return listing, folder.opened


def _names(order: FetchOrder) -> tuple[str, ...]:
    """Give what the manifest of a source's folder says that its weights are."""
    from llamactl_containers.weights.manifest import names_in

    is_folder = order.source not in (HUB, META)
    return names_in(Path(order.source).expanduser()) if is_folder else ()


def _hub_source(model: Model) -> HuggingFaceSource:
    for source in model.sources:
        if isinstance(source, HuggingFaceSource):
            return source
    hint = "name a folder that holds them: --source FOLDER"
    raise NotFound(f"{model.id} has no repository on the Hugging Face Hub", hint=hint)


def _hub_revision(model: Model) -> "HubRevision":
    from llamactl_containers.weights.access import (
        DEFAULT_ENDPOINT,
        HubRevision,
        checked_endpoint,
    )

    source = _hub_source(model)
    if source.revision is None:
        hint = "pin one in the catalog overlay: docs/overlay.md"
        raise InvalidInput(f"no commit of {source.repo} is confirmed for {model.id}", hint=hint)
    endpoint = os.environ.get(_ENDPOINT, "").strip().rstrip("/") or DEFAULT_ENDPOINT
    return HubRevision(source.repo, source.revision, checked_endpoint(endpoint))


def _meta_source(model: Model) -> MetaSource:
    for source in model.sources:
        if isinstance(source, MetaSource):
            return source
    hint = "leave out --source to take the Hugging Face Hub"
    raise NotFound(f"{model.id} is not among Meta's downloads", hint=hint)


def _meta_url(app: App, order: FetchOrder) -> "SignedUrl":
    """Have the signed URL: from a file, the environment or whoever is at the terminal."""
    from llamactl_containers.weights.meta import PAGE, signed_url

    if order.meta_url_file is not None:
        try:
            return signed_url(order.meta_url_file.read_text("utf-8"))
        except (OSError, UnicodeDecodeError) as error:
            hint = "name a file that holds the URL and nothing else"
            message = f"{order.meta_url_file} cannot be read as a text"
            raise InvalidInput(message, hint=hint) from error
    if text := os.environ.get(_META_VARIABLE, "").strip():
        return signed_url(text)
    if app.non_interactive or not stdin_is_terminal():
        hint = f"set {_META_VARIABLE}, or name a file that holds it: --meta-url-file FILE"
        raise InvalidInput("the signed URL of Meta's e-mail is needed", hint=hint)
    import click

    talk(f"Paste the URL of the e-mail that Meta sends after {PAGE} (it is not shown).")
    return signed_url(click.prompt("URL", hide_input=True, err=True))


def _license_files(
    app: App, terms: License, model: Model, listing: "Listing", report: Report
) -> dict[str, bytes]:
    """Give the license's files to write beside the weights.

    Raises:
        LlamactlError: a text cannot be read, and the source has none of its own.
    """
    from llamactl_containers.licensing.texts import license_files

    source, own = app.license_texts(), any(_is_license(each.path) for each in listing.files)
    texts = []
    for text in terms.texts:
        try:
            read = source.read(text, model, report)
        except LlamactlError as error:
            if terms.acceptance_required and not own:
                raise
            talk(f"note: not written beside the weights: {error.message}")
        else:
            texts.append(read)
            copy = source.own_copy(text, model, read, report)
            if copy is not None and copy.read is not None and not copy.has_words_of(read):
                talk(f"note: {copy.compared_with(read)} than {text.file_name} of {read.place}")
    files = license_files(terms, texts)
    report(Step(", ".join(files) or "no texts to write beside the weights"))
    return files


def _is_license(path: str) -> bool:
    return path.upper().startswith(("LICENSE", "LICENCE"))


def _made_by() -> str:
    from importlib.metadata import version

    return f"llamactl {version('llamactl')}"
