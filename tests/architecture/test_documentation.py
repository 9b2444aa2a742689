"""What the documentation shows is what the program does."""

import re
import shlex
import subprocess
import sys
import tomllib

import click
import pytest

from architecture.sources import ROOT
from llamactl.main import COMMANDS, cli, run

PAGES = {name: (ROOT / name).read_text("utf-8") for name in ("README.md", "CONTRIBUTING.md")}
README = PAGES["README.md"]
BLOCKS = re.compile(r"```(?:sh|console|powershell)\n(.*?)```", re.DOTALL)
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))


def shown_commands() -> list[str]:
    """Every llamactl command line in a code block of the README."""
    lines = "\n".join(BLOCKS.findall(README)).replace(".venv\\Scripts\\", "").splitlines()
    words = [line.removeprefix("$ ").split(" | ")[-1].split("  #")[0] for line in lines]
    return sorted({each for each in words if each.startswith("llamactl ")})


@pytest.mark.parametrize("script", ["cli_reference.py", "demo.py"])
def test_what_make_docs_writes_is_current(script):
    command = [sys.executable, str(ROOT / "scripts" / script), "--check"]

    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)

    assert done.returncode == 0, f"run `make docs`\n{done.stdout}{done.stderr}"


def parse(command: click.Command, name: str, arguments: list[str], parent: click.Context) -> None:
    """Read a command line as the program does, without doing anything."""
    below = arguments[0] if arguments and isinstance(command, click.Group) else None
    if isinstance(command, click.Group) and below in command.list_commands(parent):
        found = command.get_command(parent, below)
        assert found is not None
        parse(found, below, arguments[1:], parent)
    else:
        command.make_context(name, arguments, parent=parent)


@pytest.mark.parametrize("line", shown_commands())
def test_a_command_of_the_readme_is_one_that_llamactl_understands(line):
    words = shlex.split(line)

    parse(cli, words[0], words[1:], click.Context(cli))


def test_the_readme_names_every_command():
    missing = [name for name in COMMANDS if not re.search(rf"`(llamactl )?{name}\b", README)]

    assert missing == []


@pytest.mark.parametrize("page", PAGES)
def test_every_make_target_that_is_named_exists(page):
    targets = re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE)
    named = re.findall(r"(?:`|^)make ([a-z]+)", PAGES[page], re.MULTILINE)

    assert named
    assert set(named) <= set(targets)


def test_every_link_inside_the_repository_leads_somewhere():
    links = re.findall(r"\]\(([^)#:]+)\)", "".join(PAGES.values()))

    assert links
    assert [link for link in links if not (ROOT / link).exists()] == []


def test_every_dependency_has_its_reason():
    project = PROJECT["project"]
    extras = [text for extra in project["optional-dependencies"].values() for text in extra]
    texts = [*project["dependencies"], *extras, *PROJECT["dependency-groups"]["dev"]]
    names = {re.split(r"[^a-z0-9-]", text.lower(), maxsplit=1)[0] for text in texts}
    needless = {"llamactl", *(name for name in names if name.startswith("types-"))}
    table = PAGES["CONTRIBUTING.md"].split("## Dependencies")[1]

    assert [name for name in sorted(names - needless) if not re.search(rf"\b{name}\b", table)] == []


@pytest.mark.parametrize("prefix", ["", "# "], ids=["as it is", "with every line in force"])
def test_the_example_settings_are_valid(prefix, tmp_path):
    text = (ROOT / "llamactl.example.toml").read_text("utf-8")
    path = tmp_path / "llamactl.toml"
    path.write_text(re.sub(rf"(?m)^{prefix}(?=[a-z-]+ = )", "", text), "utf-8")

    codes = {name: run(["--config", str(path), name, "--help"]) for name in COMMANDS}

    assert codes == dict.fromkeys(COMMANDS, 0)
