"""Changes that take their time: asked for now, made when their time has come."""

import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field

from standins.azure.store import Refused


@dataclass
class Operation:
    """`ending` is done when it is over; `refusal`: it came to nothing."""

    due: float
    ending: Callable[["Operation"], None]
    refusal: Refused | None = None
    is_over: bool = False

    def state(self) -> dict[str, object]:
        if not self.is_over:
            return {"status": "InProgress"}
        if self.refusal is None:
            return {"status": "Succeeded"}
        error = {"code": self.refusal.code, "message": self.refusal.message}
        return {"status": "Failed", "error": error}


@dataclass
class Operations:
    """All of them, by id."""

    known: dict[str, Operation] = field(default_factory=dict)

    def begin(
        self, delay_s: float, ending: Callable[[Operation], None], refusal: Refused | None
    ) -> str:
        name = str(uuid.uuid4())
        self.known[name] = Operation(time.monotonic() + delay_s, ending, refusal)
        return name

    def advance(self) -> None:
        """Make what is due."""
        for each in self.known.values():
            if not each.is_over and time.monotonic() >= each.due:
                each.is_over = True
                each.ending(each)
