"""Talking with a deployment at the terminal."""
