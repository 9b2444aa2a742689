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
    if "obstore" in sys.modules:
        _leave_at_once(code)
    sys.exit(code)


def _leave_at_once(code: int) -> None:
    """End without the interpreter's own end, during which threads of Rust may not ask for its lock.

    One that does, a moment after it gave its last result, is unwound by Python before 3.14, and
    takes the process down with SIGABRT: one in 25 ends of a transfer, by count.
    """
    import os
    from contextlib import suppress

    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError, ValueError):
            stream.flush()
    os._exit(code)
