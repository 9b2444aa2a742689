"""The recipe of an image: one Dockerfile, one entry script, for every engine and platform."""
