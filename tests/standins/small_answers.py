"""A server on 127.0.0.1 that gives every request the same answer, and counts them."""

from collections.abc import Mapping

from standins.local_server import LocalServer, SilentHandler


class SmallAnswers(LocalServer):
    """Answers with a status and headers, and no content."""

    def __init__(self, status: int, headers: Mapping[str, str] | None = None) -> None:
        self.asked = 0
        owner = self

        class Handler(SilentHandler):
            protocol_version = "HTTP/1.1"

            def do_HEAD(self) -> None:
                owner.asked += 1
                self.send_response(status)
                for name, value in (headers or {}).items():
                    self.send_header(name, value)
                self.send_header("Content-Length", "0")
                self.end_headers()

            do_GET = do_HEAD

        super().__init__(Handler)
