"""Places of texts on 127.0.0.1: what each path answers, in turn, and what was asked of them."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field

from standins.local_server import LocalServer, SilentHandler


@dataclass(frozen=True)
class Answer:
    """One answer; with `missing_bytes` the connection is cut so many before the promised end."""

    body: bytes = b""
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    missing_bytes: int = 0


class TextPlaces(LocalServer):
    """A server; the last answer of a path is repeated, a path without one is not found."""

    def __init__(self) -> None:
        self.answers: dict[str, list[Answer]] = defaultdict(list)
        self.asked: list[tuple[str, str | None]] = []
        places = self

        class Handler(SilentHandler):
            def do_GET(self) -> None:
                places.asked.append((self.path, self.headers.get("authorization")))
                given = places.answers[self.path]
                answer = given[0] if given else Answer(status=404)
                if len(given) > 1:
                    given.pop(0)
                self.send_response(answer.status)
                for name, value in answer.headers.items():
                    self.send_header(name, value)
                self.send_header("content-length", str(len(answer.body) + answer.missing_bytes))
                self.end_headers()
                self.wfile.write(answer.body)

        super().__init__(Handler)

    def give(self, path: str, *answers: Answer | bytes) -> str:
        """Let a path answer so, and give its URL."""
        self.answers[path] = [
            each if isinstance(each, Answer) else Answer(each) for each in answers
        ]
        return self.url + path

    @property
    def paths(self) -> list[str]:
        """The paths that were asked for, in order."""
        return [path for path, _ in self.asked]
