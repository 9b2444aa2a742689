"""The entry: Ctrl-C is quiet whenever it comes."""

import subprocess
import sys

import pytest

INTERRUPTED_WHILE_IMPORTING = """
import sys
class Interrupting:
    def find_spec(self, name, path=None, target=None):
        if name == "click":
            raise KeyboardInterrupt
sys.meta_path.insert(0, Interrupting())
from llamactl.door import main
main()
"""

INTERRUPTED_AT_THE_END = """
import atexit, os, signal, sys
sys.argv[1:] = ["--version"]
atexit.register(lambda: os.kill(os.getpid(), signal.SIGINT))
from llamactl.door import main
main()
"""


@pytest.mark.parametrize(
    ("program", "code"), [(INTERRUPTED_WHILE_IMPORTING, 130), (INTERRUPTED_AT_THE_END, 0)]
)
@pytest.mark.skipif(sys.platform == "win32", reason="os.kill ends a process there")
def test_an_interrupt_leaves_no_traceback(program, code):
    result = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False
    )

    assert (result.returncode, result.stderr) == (code, "")
