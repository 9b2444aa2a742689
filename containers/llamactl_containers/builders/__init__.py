"""Building images: with the tool that is here or in the cloud, and the record of what was built."""
