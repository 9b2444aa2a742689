"""Licenses: the hash of a text, the record of its acceptance, the chain of records, the gate."""
