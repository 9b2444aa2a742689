"""The tag of an image, made from all that goes into it: the same inputs, the same tag."""

import hashlib
import json

from llamactl_catalog.licensing.normalized import normalized_sha256
from llamactl_containers.recipe.context import LICENSES, BuildContext, ContextFile

_DIGITS = 16


def context_sha256(context: BuildContext) -> str:
    """Give the hash of everything that decides what the image will be.

    The base counts by the reference that FROM names: by its digest once that is known. A license's
    text counts by its words: which of its places was within reach today must not make another tag,
    and copies of one text differ in how their lines are broken.
    """
    weights = () if context.weights is None else context.weights.files
    inputs = {
        "base": context.base.reference,
        "files": sorted((each.path, _counted(each)) for each in context.files),
        "weights": sorted((each.path, each.sha256) for each in weights),
        "platform": context.platform,
        "epoch": context.source_date_epoch,
    }
    return _sha256(json.dumps(inputs, sort_keys=True).encode())


def image_tag(context: BuildContext) -> str:
    """Give the tag: the context's prefix first, for people, then the hash of the inputs.

    Raises:
        ValueError: the base has no digest yet, so that the tag would not name one image.
    """
    if context.base.digest is None:
        raise ValueError(f"{context.base.reference} has no digest yet")
    return f"{context.tag_prefix}-{context_sha256(context)[:_DIGITS]}"


def _counted(file: ContextFile) -> str:
    if file.path.startswith(f"{LICENSES}/"):
        return normalized_sha256(file.content.decode("utf-8", "surrogateescape"))
    return _sha256(file.content)


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
