"""Where deployments live: the spec, and one package per target."""
