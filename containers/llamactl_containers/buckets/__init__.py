"""Object storage of the user's own: an address becomes a store, one module per cloud."""
