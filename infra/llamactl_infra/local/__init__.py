"""The local target: a supervised background process that outlives the command."""
