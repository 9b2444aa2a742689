"""The program's entry: Ctrl-C is quiet from the first import to the last moment."""

import sys

INTERRUPTED = 130


def main() -> None:
    """Run the command line and leave with its exit code."""
    try:
        import signal

        from llamactl.main import run

        code = run()
        # What is left is the interpreter's own end: there is nothing to interrupt any more.
        signal.signal(signal.SIGINT, signal.SIG_IGN)
    except KeyboardInterrupt:
        code = INTERRUPTED
    sys.exit(code)
