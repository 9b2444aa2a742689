"""The Pulumi program's door: `pulumi up` comes in here."""

from llamactl_infra.program import main

main()
