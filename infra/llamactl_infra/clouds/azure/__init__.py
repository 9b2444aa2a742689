"""Azure ML: the resources of one deployment, one module a concern."""
