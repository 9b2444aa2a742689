"""Play the demo of README.md for real, and write what it printed between the README's marks.

`--print` plays it and prints it instead. `--check` plays only what says the same on every machine
and tells whether the README still shows that, and the session's other commands.
"""

import os
import re
import subprocess
import sys
import tempfile
import textwrap
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
README = ROOT / "README.md"
MARKS = ("<!-- demo: written by `make docs` -->\n", "<!-- end of demo -->\n")
COLUMNS = 80
NAME = "smollm2-135m-instruct"
# What a command prints is compared by --check only where it depends on nothing but the catalog.
SESSION = {
    "llamactl models --max-parameters 2b": "same everywhere",
    "llamactl deploy --cloud local --yes": "as it comes",
    "llamactl list": "as it comes",
    f'llamactl invoke {NAME} "What is the capital of France?"': "as it comes",
    f'echo "Where do penguins live?" | llamactl chat {NAME}': "as it comes",
    f"llamactl status {NAME}": "as it comes",
    f"llamactl destroy {NAME}": "as it comes",
    "llamactl list ": "same everywhere",
}


def main() -> int:
    with tempfile.TemporaryDirectory(prefix="llamactl-demo-") as folder:
        if "--check" in sys.argv:
            return check(README.read_text("utf-8"), Path(folder))
        session = play(Path(folder))
    if "--print" in sys.argv:
        sys.stdout.write(session + "\n")
        return 0
    before, rest = README.read_text("utf-8").split(MARKS[0])
    after = rest.split(MARKS[1])[1]
    section = f"{MARKS[0]}```console\n{session}\n```\n{MARKS[1]}"
    README.write_text(before + section + after, "utf-8", newline="\n")
    return 0


def play(folder: Path) -> str:
    """Run the whole session; what it deployed is removed also where a command failed."""
    try:
        return "\n\n".join(shown(command, folder) for command in SESSION)
    except SystemExit:
        shown(f"llamactl destroy {NAME} || true", folder)
        raise


def check(readme: str, folder: Path) -> int:
    """Say which blocks of the session the README does not show as they would be now."""
    same = [shown(each, folder) for each, kind in SESSION.items() if kind == "same everywhere"]
    stale = [block for block in same if block not in readme]
    stale += [
        f"$ {command.strip()}" for command in SESSION if f"$ {command.strip()}\n" not in readme
    ]
    for block in stale:
        print(f"README.md does not show this; `make docs` writes it:\n{block}\n")
    return int(bool(stale))


def shown(command: str, folder: Path) -> str:
    """Run one command line in a state folder of its own, and give what a terminal would show."""
    state = folder / "state"
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    own = {"PATH": path, "COLUMNS": str(COLUMNS), "LLAMACTL_STATE_DIR": str(state)}
    done = subprocess.run(  # noqa: S602 - the session above, one line of it with a pipe
        command,
        shell=True,
        cwd=ROOT / "docs",
        env=os.environ | own,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        sys.exit(f"$ {command}\n{done.stdout}exit code {done.returncode}")
    text = done.stdout.replace(str(state), "~/.local/state/llamactl")
    text = re.sub(re.escape(str(Path.home())), "~", text)
    return "\n".join([f"$ {command.strip()}", *map(folded, text.strip("\n").splitlines())])


def folded(line: str) -> str:
    """Wrap a line as a terminal does; a table's line is never that long."""
    return textwrap.fill(line, COLUMNS, drop_whitespace=True) if len(line) > COLUMNS else line


if __name__ == "__main__":
    sys.exit(main())
