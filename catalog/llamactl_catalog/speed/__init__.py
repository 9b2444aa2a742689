"""How fast a model answers: time to first token, time per token and throughput of one replica."""

from llamactl_catalog.speed.calibration import load_calibration
from llamactl_catalog.speed.estimates import estimate

__all__ = ["estimate", "load_calibration"]
