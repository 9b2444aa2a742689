"""The settings that `chat` and `invoke` get, with a deployment whose server a test chooses.

As a program: `python -m standins.chat_app URL STATE_DIR MODEL chat NAME …`.
"""

import sys
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from llamactl.main import LazyGroup
from llamactl_catalog.catalog import Catalog, load_catalog
from llamactl_catalog.errors import UnknownDeployment
from llamactl_infra.deployment import Deployment

CONTEXT_TOKENS = 512


@dataclass(frozen=True)
class ChatApp:
    """One running deployment, named `mine`, at `url`."""

    url: str
    state_dir: Path
    model: str = "smollm2-135m-instruct"
    non_interactive: bool = False

    def catalog(self) -> Catalog:
        return load_catalog()

    def local(self) -> "ChatApp":
        return self

    def stacks(self) -> "ChatApp":
        return self

    def may_know(self, name: str) -> bool:
        return False

    def names(self) -> tuple[str, ...]:
        return ("mine",)

    def require(self, name: str) -> None:
        if name != "mine":
            raise UnknownDeployment(name, ["mine"])

    def deployment(self, name: str) -> Deployment:
        self.require(name)
        return Deployment(
            name=name,
            model=self.model,
            cloud="local",
            region="local",
            instance_type="this-machine",
            engine="llama.cpp",
            state="running",
            reason=None,
            endpoint=self.url,
            usd_per_hour=0.0,
            created_at=datetime(2026, 11, 22, tzinfo=UTC),
            pid=1,
            context_tokens=CONTEXT_TOKENS,
            log_path=self.state_dir / "server.log",
        )


def main() -> None:
    """Run a command as the command line does, but for how errors are told."""
    url, state_dir, model, *args = sys.argv[1:]
    group = LazyGroup()
    sys.exit(group.main(args, obj=ChatApp(url, Path(state_dir), model), standalone_mode=False))


if __name__ == "__main__":
    main()
