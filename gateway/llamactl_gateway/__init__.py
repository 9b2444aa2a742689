"""Talking to endpoints: one client per kind of endpoint."""
