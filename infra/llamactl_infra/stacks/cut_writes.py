"""Files that a killed run left half written in a backend that is a folder.

Pulumi writes a checkpoint beside the old one and renames it; the file of attributes next to it is
written in place. A run that is killed in between leaves it empty, and every later command of
Pulumi's, on every stack of that backend, ends with "EOF". Source: gocloud.dev, blob/fileblob,
attrs.go; Pulumi 3.260, reproduced. Without the file the checkpoint is read as well.
"""

from collections.abc import Mapping
from contextlib import suppress

from llamactl_infra.stacks.backends import backend_url, folder_of
from llamactl_infra.stacks.place import StackPlace
from llamactl_infra.stacks.yaml_values import NotReadable

_SUFFIX = ".attrs"


def remove_cut_writes(place: StackPlace, environment: Mapping[str, str]) -> None:
    """Remove what is empty and may be missing; of other backends nothing.

    A file that is being written just now may go too: its writer does not notice, nor does a reader.
    """
    with suppress(NotReadable, OSError):  # Pulumi says what is wrong with the backend
        backend = folder_of(backend_url(place, environment))
        files = () if backend is None else (backend / ".pulumi").rglob(f"*{_SUFFIX}")
        for path in files:
            if path.stat().st_size == 0:
                path.unlink(missing_ok=True)
