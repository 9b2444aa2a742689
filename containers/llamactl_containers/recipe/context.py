"""What a builder is given: the files of an image's build, its base, its labels."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from llamactl_containers.weights.manifest import StagedFile

PLATFORM = "linux/amd64"
"""The one platform that GPUs of the clouds are served on, whatever machine builds."""

DOCKERFILE = "Dockerfile"
LICENSES = "licenses"
"""The folder of the license's texts, in the context and in the image."""

WEIGHTS_CONTEXT = "weights"
"""The name of the second build context: a Dockerfile with weights copies from it."""

# 1980-01-01T00:00:00Z, the earliest date that every archive format can write: all files of an image
# and its history carry it, so that the same inputs give the same digest. Source: the specification
# of SOURCE_DATE_EPOCH, reproducible-builds.org; ZIP's MS-DOS dates begin in 1980.
SOURCE_DATE_EPOCH = 315_532_800
FILE_MODE = 0o644


@dataclass(frozen=True, slots=True)
class BaseImage:
    """The image below: its repository with the registry's host, its tag, its digest.

    `digest` None: not known yet; a build finds it out first, and puts it here.
    """

    repository: str
    tag: str | None
    digest: str | None = None

    @property
    def name(self) -> str:
        """Give it by its tag, for people; by its digest where it has none."""
        return f"{self.repository}:{self.tag}" if self.tag is not None else self.reference

    @property
    def reference(self) -> str:
        """Give what FROM names: the digest where it is known, and then no tag beside it.

        Buildah and podman refuse a reference that has both.
        """
        if self.digest is not None:
            return f"{self.repository}@{self.digest}"
        return f"{self.repository}:{self.tag}"


@dataclass(frozen=True, slots=True)
class ContextFile:
    """One file of the context, by its path below the context's root, with slashes."""

    path: str
    content: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class BakedWeights:
    """Weights that the image holds itself: the folder that they lie in here, and what is in it."""

    folder: Path
    files: tuple[StagedFile, ...]

    @property
    def total_bytes(self) -> int:
        """The size of all files together."""
        return sum(each.size_bytes for each in self.files)


@dataclass(frozen=True, slots=True)
class BuildContext:
    """All that an image is built from; nothing else of the machine goes into it.

    `image_name` is a repository's path without a registry; `tag_prefix` is the readable part of the
    tag, like tgi-3.3.6-sagemaker. `files` are sorted by path, and the
    Dockerfile is one of them. `labels` stand in the Dockerfile too. Where there are `weights`, a
    builder passes their folder as the build context WEIGHTS_CONTEXT.
    """

    image_name: str
    tag_prefix: str
    base: BaseImage
    files: tuple[ContextFile, ...]
    labels: Mapping[str, str]
    weights: BakedWeights | None = None
    platform: str = PLATFORM
    source_date_epoch: int = SOURCE_DATE_EPOCH

    def content(self, path: str) -> bytes:
        """Give the content of one file.

        Raises:
            KeyError: there is none at that path.
        """
        return {each.path: each.content for each in self.files}[path]

    @property
    def dockerfile(self) -> str:
        """Give the text of the Dockerfile."""
        return self.content(DOCKERFILE).decode()


def write_context(context: BuildContext, folder: Path) -> None:
    """Write the context's files below a folder, each with mode 0644; weights stay where they are.

    Raises:
        OSError: a file cannot be written.
    """
    for each in context.files:
        path = folder / PurePosixPath(each.path)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(each.content)
        path.chmod(FILE_MODE)
