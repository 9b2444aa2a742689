"""The group of `llamactl image`, and its commands."""

import click

from llamactl.commands.image.build import build
from llamactl.commands.image.list import list_images
from llamactl.commands.image.push import push
from llamactl.commands.image.recipe import print_recipe
from llamactl.commands.image.show import show_image


@click.group(name="image")
def command() -> None:
    """Container images: the recipe, the build, and where they are kept."""


command.add_command(print_recipe)
command.add_command(build)
command.add_command(push)
command.add_command(list_images)
command.add_command(show_image)
