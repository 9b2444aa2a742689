"""The command line: commands parse, call and print; the pipeline does the work."""
