"""Licenses, with their effects: fetching the texts, keeping the ledger, reading a policy file."""
