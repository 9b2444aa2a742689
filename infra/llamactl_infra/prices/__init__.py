"""Live prices: one module for each cloud's price list, and the refresh of the user's cache."""
