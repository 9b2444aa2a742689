"""The comparison of what models cost on each cloud for a month's load, against prices per token."""
