"""Building in the cloud: what such a builder is given, and which one belongs to a registry."""

import gzip
import io
import tarfile
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol, assert_never

from llamactl_catalog.errors import InvalidInput
from llamactl_catalog.progress import Report
from llamactl_containers.recipe.context import BuildContext
from llamactl_containers.registries.opening import kind_of
from llamactl_containers.registries.reference import Reference

_FILE_MODE = 0o644
_REGULAR = 0o100000


@dataclass(frozen=True, slots=True)
class BuiltRemotely:
    """An image that a cloud has built and pushed under a tag for the moment."""

    digest: str
    tool: str
    run: str


class RemoteBuilder(Protocol):
    """A cloud's service that builds an image and pushes it to that cloud's registry."""

    def build(
        self, context: BuildContext, target: Reference, log: Path, report: Report
    ) -> BuiltRemotely:
        """Build for the context's platform, push to `target`, and give the digest it has there.

        An interrupt stops the build there too.

        Raises:
            LlamactlError: with why it failed, and the log's path.
        """


def remote_builder(registry: str, environment: Mapping[str, str]) -> RemoteBuilder:
    """Give the builder of the cloud whose registry that is.

    Raises:
        InvalidInput: no cloud builds for that registry.
    """
    match kind_of(registry):
        case "ecr":
            from llamactl_containers.builders.codebuild import CodeBuild

            return CodeBuild(registry)
        case "acr":
            from llamactl_containers.builders.acr_tasks import AcrTasks

            return AcrTasks(registry, environment)
        case "oci":
            hint = "--remote needs a --registry of ECR or ACR; without it, the build is done here"
            raise InvalidInput(f"no cloud builds for the registry {registry}", hint=hint)
        case _ as never:
            assert_never(never)


def weights_refusal() -> InvalidInput:
    """Give the error for weights that are to go along: too large to be a build's context."""
    hint = "build it here; or leave the weights out and stage them: llamactl weights stage"
    return InvalidInput("a remote build cannot take weights along", hint=hint)


def zipped(context: BuildContext) -> bytes:
    """Give the context as a ZIP archive, the same bytes for the same context."""
    written = io.BytesIO()
    moment = datetime.fromtimestamp(context.source_date_epoch, UTC).timetuple()[:6]
    with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as archive:
        for each in context.files:
            entry = zipfile.ZipInfo(each.path, moment)
            entry.external_attr = (_REGULAR | _FILE_MODE) << 16
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, each.content)
    return written.getvalue()


def tarred(context: BuildContext) -> bytes:
    """Give the context as a compressed TAR archive, the same bytes for the same context."""
    written = io.BytesIO()
    with (
        gzip.GzipFile(fileobj=written, mode="wb", mtime=0) as packed,
        tarfile.open(fileobj=packed, mode="w") as archive,
    ):
        for each in context.files:
            entry = tarfile.TarInfo(each.path)
            entry.size, entry.mode = len(each.content), _FILE_MODE
            entry.mtime = context.source_date_epoch
            archive.addfile(entry, io.BytesIO(each.content))
    return written.getvalue()
