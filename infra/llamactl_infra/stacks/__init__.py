"""A deployment's Pulumi stack, driven from here: the same program that `pulumi up` runs."""
