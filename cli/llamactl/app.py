"""What every command is given: where things are kept, and the layers below, loaded late."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from llamactl_catalog.catalog import Catalog
    from llamactl_containers.licensing.ledger import Ledger
    from llamactl_containers.licensing.texts import LicenseTexts
    from llamactl_infra.live.cloud import LiveCloud
    from llamactl_infra.local.target import LocalTarget
    from llamactl_infra.spec import Cloud
    from llamactl_infra.stacks.target import StackTarget


@dataclass(frozen=True, slots=True)
class App:
    """The settings that all commands share; `open_live` replaces the clouds that are asked."""

    state_dir: Path
    cache_dir: Path
    catalog_overlay: Path | None = None
    non_interactive: bool = False
    license_ledger: str | None = None
    license_policy: Path | None = None
    open_live: "Callable[[Cloud], LiveCloud] | None" = field(default=None, repr=False)

    def catalog(self) -> "Catalog":
        """Load the catalog with the organisation's overlay."""
        from llamactl_catalog.catalog import load_catalog

        return load_catalog(self.catalog_overlay)

    def require_own_state(self) -> None:
        """Refuse a state folder of another user: what is kept there is run, and is taken for true.

        Raises:
            DubiousOwner: it belongs to another user, or others may write it.
        """
        from llamactl_containers.file_trust import require_own_state

        for kept in ("", "deployments", "licenses", "pulumi"):
            require_own_state(self.state_dir / kept)

    def local(self) -> "LocalTarget":
        """Give the target that serves on this machine."""
        from llamactl_infra.local.target import LocalTarget

        self.require_own_state()
        return LocalTarget(self.state_dir, weights_dir=self.cache_dir / "hub")

    def live(self, cloud: "Cloud") -> "LiveCloud":
        """Give the cloud of that name, to be asked what there is."""
        from llamactl_infra.live.cloud import open_cloud

        return open_cloud(cloud) if self.open_live is None else self.open_live(cloud)

    def stacks(self) -> "StackTarget":
        """Give the target of the clouds: stacks of the project here, or of the state folder."""
        import os

        from llamactl_infra.stacks.target import StackTarget

        self.require_own_state()
        return StackTarget(
            self.state_dir,
            Path.cwd(),
            os.environ,
            open_live=self.open_live,
            cache_dir=self.cache_dir,
        )

    def license_texts(self) -> "LicenseTexts":
        """Give what reads the texts of licenses, and keeps them in the cache folder."""
        import os

        from llamactl_containers.licensing.texts import LicenseTexts

        return LicenseTexts(self.cache_dir / "licenses", os.environ)

    def ledger_address(self) -> str:
        """Say where acceptances are kept: a folder, or an address of object storage."""
        return self.license_ledger if self.license_ledger is not None else self.own_ledger_address()

    def own_ledger_address(self) -> str:
        """Return the folder of acceptances where none was named: this user's on this machine."""
        return str(self.state_dir / "licenses")

    def ledger(self) -> "Ledger":
        """Open the ledger of acceptances."""
        from llamactl_containers.licensing.ledger import open_ledger

        if self.license_ledger is None:
            self.require_own_state()
        return open_ledger(self.ledger_address())
