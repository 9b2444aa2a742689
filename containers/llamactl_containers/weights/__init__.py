"""Where weights come from, and the cache that they are kept in: one module per source."""
