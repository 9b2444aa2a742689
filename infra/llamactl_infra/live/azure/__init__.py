"""Azure, asked over Resource Manager: one module a question."""
