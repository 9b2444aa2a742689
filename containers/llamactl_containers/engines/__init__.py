"""Engines that come as container images: how each is started, one module an engine."""
