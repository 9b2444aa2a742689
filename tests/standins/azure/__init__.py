"""Azure Resource Manager on 127.0.0.1, as much of it as a deployment needs."""

from standins.azure.faults import Fault
from standins.azure.server import SUBSCRIPTION, TOKEN, Azure

__all__ = ["SUBSCRIPTION", "TOKEN", "Azure", "Fault"]
