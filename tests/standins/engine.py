"""A stand-in for an engine process: the protocol of the real one, no model, faults on demand.

`python engine.py [--fault VALUE]… LAUNCH.json`. It binds the port of the launch file, says
`loading`, then `listening`, answers /health with its instance, and leaves when stdin closes.
"""

import argparse
import contextlib
import errno
import json
import os
import signal
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path


def main():
    options = _options()
    launch = json.loads(Path(options.launch).read_text("utf-8"))
    if options.record is not None:
        Path(options.record).write_text(json.dumps(launch), encoding="utf-8")
    _say(f"stand-in engine for {launch['model_id']}")
    _leave_when_asked(deaf=options.deaf)
    server = _bound(launch)
    _tell(event="loading")
    time.sleep(options.load_s)
    if options.fail is not None:
        _say("something went wrong while loading")
        _fail(options.fail, f"told to fail with {options.fail}")
    if options.die is not None:
        os._exit(options.die)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    _tell(event="listening", port=server.server_port, pid=os.getpid())
    for number in range(options.chatter):
        _say(f"line {number}")
    if options.crash_after_s is not None:
        time.sleep(options.crash_after_s)
        os.kill(os.getpid(), signal.SIGSEGV)
    threading.Event().wait()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    allow_reuse_address = os.name != "nt"


def _bound(launch):
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200 if self.path == "/health" else 404)
            self.send_header("x-llamactl-instance", launch["instance_id"])
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, *_):
            """Keep quiet."""

    try:
        return _Server((launch["host"], launch["port"]), Handler)
    except OSError as error:
        if error.errno != errno.EADDRINUSE:
            raise
        return _fail("port-taken", f"port {launch['port']} is taken")


def _leave_when_asked(*, deaf):
    def leave(*_):
        with contextlib.suppress(OSError):  # nobody may be there to read it
            _say("leaving")
        os._exit(0)

    if deaf:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
    else:
        signal.signal(signal.SIGTERM, leave)
        threading.Thread(target=lambda: (os.read(0, 1), leave()), daemon=True).start()


def _fail(reason, message):
    _tell(event="failed", reason=reason, message=message)
    os._exit(3)


def _tell(**event):
    sys.stdout.write(json.dumps(event) + "\n")
    sys.stdout.flush()


def _say(text):
    sys.stderr.write(text + "\n")
    sys.stderr.flush()


def _options():
    parser = argparse.ArgumentParser()
    parser.add_argument("--load-s", type=float, default=0.0, help="time to load")
    parser.add_argument("--fail", help="reason of a failed event instead of listening")
    parser.add_argument("--die", type=int, help="exit code, without an event")
    parser.add_argument("--crash-after-s", type=float, help="segmentation fault once listening")
    parser.add_argument("--deaf", action="store_true", help="never leave")
    parser.add_argument("--chatter", type=int, default=0, help="lines to log once listening")
    parser.add_argument("--record", help="file to copy the launch file to")
    parser.add_argument("launch")
    return parser.parse_args()


if __name__ == "__main__":
    main()
