"""The stages of `deploy`: from a model to an endpoint that answers."""
