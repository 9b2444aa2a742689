"""Whose account it is, and how a service's refusal is told."""

from standins.object_storage import KEYS, REGION

__all__ = ["ACCOUNT", "KEYS", "REGION", "Refused"]

ACCOUNT = "123456789012"  # moto's own


class Refused(Exception):
    """A refusal: its code, its words, and the HTTP status."""

    def __init__(self, code: str, message: str, status: int = 400) -> None:
        super().__init__(f"{code}: {message}")
        self.code, self.message, self.status = code, message, status
