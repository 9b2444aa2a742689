"""What `deploy` was asked for, before anything is decided."""

from dataclasses import dataclass, field
from pathlib import Path

from llamactl.pipeline.accepted import Accepted
from llamactl_infra.spec import Engine


@dataclass(frozen=True, slots=True)
class LocalOrder:
    """An order to serve a model on this machine; None leaves the choice to llamactl."""

    model: str
    engine: Engine
    name: str | None = None
    gguf: Path | None = None
    port: int | None = None
    context_tokens: int | None = None
    parallel: int = 4
    threads: int | None = None
    with_api_key: bool = False
    timeout_s: float = 600.0
    accepted: Accepted = field(default_factory=Accepted)

    def deployment_name(self) -> str:
        """Give the name that was asked for, or else the model's id as a name."""
        return self.name if self.name is not None else self.model.replace(".", "-")
