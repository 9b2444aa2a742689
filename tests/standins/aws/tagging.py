"""The tags of SageMaker's things, by their addresses."""

from dataclasses import dataclass, field
from typing import Any


@dataclass
class Tags:
    """What hangs on what."""

    known: dict[str, dict[str, str]] = field(default_factory=dict)

    def answer(self, operation: str, asked: dict[str, Any]) -> dict[str, Any] | None:
        """Answer as SageMaker does; None: it is no operation of tags, or of none of these."""
        own = self.known.get(asked.get("ResourceArn", ""))
        if own is None:
            return None
        match operation:
            case "ListTags":
                return {"Tags": [{"Key": key, "Value": value} for key, value in own.items()]}
            case "AddTags":
                own.update({each["Key"]: each["Value"] for each in asked["Tags"]})
                return {"Tags": [{"Key": key, "Value": value} for key, value in own.items()]}
            case "DeleteTags":
                for each in asked["TagKeys"]:
                    own.pop(each, None)
                return {}
        return None
