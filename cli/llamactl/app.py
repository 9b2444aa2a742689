"""What every command is given: where things are kept, and the layers below, loaded late."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from llamactl_catalog.catalog import Catalog
    from llamactl_infra.local.target import LocalTarget


@dataclass(frozen=True, slots=True)
class App:
    """The settings that all commands share."""

    state_dir: Path
    cache_dir: Path
    catalog_overlay: Path | None = None
    non_interactive: bool = False

    def catalog(self) -> "Catalog":
        """Load the catalog with the organisation's overlay."""
        from llamactl_catalog.catalog import load_catalog

        return load_catalog(self.catalog_overlay)

    def local(self) -> "LocalTarget":
        """Give the target that serves on this machine."""
        from llamactl_infra.local.target import LocalTarget

        return LocalTarget(self.state_dir, weights_dir=self.cache_dir / "hub")
