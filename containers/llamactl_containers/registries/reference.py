"""References to images: registry, repository, tag, digest."""

import re
from dataclasses import dataclass, replace

from llamactl_catalog.errors import InvalidInput

# Source: github.com/distribution/reference, its grammar, read 2026-11.
_HOST = re.compile(
    r"(?:(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9])"
    r"(?:\.(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9]))*|\[[a-fA-F0-9:]+\])(?::[0-9]{1,5})?"
)
_PART = r"[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*"
_REPOSITORY = re.compile(rf"{_PART}(?:/{_PART})*")
_TAG = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}")
_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
_DOCKER_HUB = "docker.io"
_LONGEST = 255


@dataclass(frozen=True, slots=True)
class Reference:
    """One image of one registry, by its tag, its digest, or both; or its repository alone."""

    registry: str
    repository: str
    tag: str | None = None
    digest: str | None = None

    def __str__(self) -> str:
        tag = "" if self.tag is None else f":{self.tag}"
        digest = "" if self.digest is None else f"@{self.digest}"
        return f"{self.name}{tag}{digest}"

    @property
    def name(self) -> str:
        """The repository with its registry."""
        return f"{self.registry}/{self.repository}"

    def with_tag(self, tag: str) -> "Reference":
        """Give the same repository's image of that tag."""
        return replace(self, tag=tag, digest=None)

    def with_digest(self, digest: str) -> "Reference":
        """Give the same repository's image of that digest, and no tag: what a deployment uses."""
        return replace(self, tag=None, digest=digest)


def read_reference(text: str) -> Reference:
    """Read a reference as docker does: without a registry it is Docker Hub's.

    Raises:
        InvalidInput: it is none.
    """
    rest, at, digest = text.partition("@")
    if at and _DIGEST.fullmatch(digest) is None:
        raise _no_reference(text, f"'{digest}' is no digest: sha256: and 64 hexadecimal digits")
    head, _, tail = rest.rpartition("/")
    last, colon, tag = tail.partition(":")
    if colon and _TAG.fullmatch(tag) is None:
        raise _no_reference(text, f"'{tag}' is no tag")
    registry, repository = _split_registry(f"{head}/{last}" if head else last)
    _check(text, registry, repository)
    return Reference(registry, repository, tag if colon else None, digest if at else None)


def repository_in(registry: str, name: str) -> Reference:
    """Give the repository of an image in a registry that is named with or without a path.

    `registry.example/team` and `llamactl/tgi` make `registry.example/team/llamactl/tgi`.

    Raises:
        InvalidInput: that is no registry.
    """
    host, _, prefix = registry.removeprefix("https://").rstrip("/").partition("/")
    if not _is_host(host):
        host, prefix = _DOCKER_HUB, f"{host}/{prefix}".rstrip("/")
    repository = f"{prefix}/{name}".lstrip("/")
    _check(registry, host, repository)
    return Reference(host, repository)


def is_digest(text: str) -> bool:
    """Tell whether a text is a digest in full."""
    return _DIGEST.fullmatch(text) is not None


def _split_registry(name: str) -> tuple[str, str]:
    host, slash, path = name.partition("/")
    if slash and _is_host(host):
        return host, path
    return _DOCKER_HUB, name if slash else f"library/{name}"


def _is_host(text: str) -> bool:
    return "." in text or ":" in text or text == "localhost"


def _check(text: str, registry: str, repository: str) -> None:
    if _HOST.fullmatch(registry) is None:
        raise _no_reference(text, f"'{registry}' is no registry's host")
    if _REPOSITORY.fullmatch(repository) is None or len(f"{registry}/{repository}") > _LONGEST:
        raise _no_reference(text, f"'{repository}' is no repository: lower case, digits, ._-/")


def _no_reference(text: str, why: str) -> InvalidInput:
    hint = "write registry.example/team, or registry.example/team/image:tag"
    return InvalidInput(f"'{text}' names no image: {why}", hint=hint)
