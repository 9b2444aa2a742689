"""Registries: what an image is called there, how to get in, and how it is pushed."""
