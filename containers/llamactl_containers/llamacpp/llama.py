"""llama.cpp in this process, through xllamacpp: load a model, stream completions, count tokens."""

import http.client
import secrets
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

import orjson

from llamactl_catalog.errors import LlamactlError
from llamactl_catalog.units import format_bytes
from llamactl_containers.gguf import GgufHeader, read_header
from llamactl_containers.llamacpp.launch import FailedReason, LaunchSettings
from llamactl_containers.llamacpp.refusal import Refused

_ERRORS_ONLY = 1
_LOOPBACK_TIMEOUT_S = 60.0
_MOST_TOKENS = 1_000_000  # no vocabulary is larger: asks for all of it
_ONE_LETTER = '%llguidance {}\nstart: "a"\n'  # any vocabulary can write it, and not end before


class LoadFailed(Exception):
    """The model cannot be served: the reason as the launcher knows it, and words for a person."""

    def __init__(self, reason: FailedReason, message: str) -> None:
        super().__init__(message)
        self.reason = reason
        self.message = message


class Llama:
    """A loaded model.

    xllamacpp also opens a port of its own on the loopback: it is closed to others by a random key,
    and used only for what has no in-process call.
    """

    def __init__(self, server: Any, secret: str) -> None:
        self._server = server
        self._secret = secret
        self._address = urlsplit(server.listening_address).netloc
        props = self._loopback("GET", "/props")
        self.eos_text: str = props.get("eos_token", "")
        self.vocabulary = self._warm_up()

    def stream(self, body: bytes, receive: Callable[[bytes], bool]) -> None:
        """Generate until the end, or until `receive` returns True. Blocks; run it in a thread.

        `receive` gets each chunk's JSON. What it raises is lost: it must not raise.

        Raises:
            Refused: llama.cpp does not take the request.
        """
        try:
            self._server.handle_completions(body, receive)
        except (RuntimeError, ValueError) as error:
            raise Refused("generation", str(error)) from error

    def tokens(self, text: str, *, special: bool = True) -> list[int]:
        """Tokenize as a prompt is, with BOS where the model has one. Blocks for about 1 ms."""
        asked = {"content": text, "add_special": special, "parse_special": True}
        tokens: list[int] = self._loopback("POST", "/tokenize", asked)["tokens"]
        return tokens

    def pieces(self, text: str) -> list[tuple[int, bytes]]:
        """Tokenize into ids and the bytes that each stands for."""
        asked = {"content": text, "add_special": True, "parse_special": True, "with_pieces": True}
        tokens = self._loopback("POST", "/tokenize", asked)["tokens"]
        return [(token["id"], _bytes(token["piece"])) for token in tokens]

    def _warm_up(self) -> list[bytes]:
        """Generate one token; return the text of every token, by its id.

        llama.cpp builds llguidance's tokenizer with the first constraint, in the loop of all
        answers: a second for 49,000 tokens. Here nobody waits for it.
        """
        tops: list[dict[str, Any]] = []

        def receive(data: bytes) -> bool:
            for choice in orjson.loads(data).get("choices", ()):
                for token in (choice["logprobs"] or {}).get("content") or ():
                    tops.extend(token["top_logprobs"])
            return False

        body = {"prompt": "a", "max_tokens": 1, "stream": True, "grammar": _ONE_LETTER}
        self.stream(orjson.dumps({**body, "logprobs": _MOST_TOKENS}), receive)
        if not tops:
            raise Refused("generation", "llama.cpp does not tell its vocabulary")
        texts = {token["id"]: bytes(token["bytes"]) for token in tops}
        return [texts.get(token, b"") for token in range(max(texts) + 1)]

    def _loopback(self, method: Literal["GET", "POST"], path: str, body: Any = None) -> Any:
        connection = http.client.HTTPConnection(self._address, timeout=_LOOPBACK_TIMEOUT_S)
        headers = {"Authorization": f"Bearer {self._secret}", "Content-Type": "application/json"}
        try:
            data = None if body is None else orjson.dumps(body)
            connection.request(method, path, data, headers)
            return orjson.loads(connection.getresponse().read())
        except (OSError, http.client.HTTPException, orjson.JSONDecodeError) as error:
            raise Refused("generation", f"llama.cpp does not tell: {error}") from error
        finally:
            connection.close()


def load(settings: LaunchSettings) -> Llama:
    """Load the model. Holds the interpreter's lock until done: seconds for a large file.

    Raises:
        LoadFailed: the file is unreadable, memory does not do, or the package is missing.
    """
    header = _checked_header(settings)
    _check_memory(settings, header)
    try:
        import xllamacpp
    except ImportError as error:
        raise LoadFailed("package-missing", f"xllamacpp cannot be imported: {error}") from error
    secret = secrets.token_urlsafe(32)
    try:
        server = xllamacpp.Server(_parameters(xllamacpp, settings, secret))
    except (RuntimeError, MemoryError) as error:
        # llama.cpp says why in its log only; the file itself was found whole.
        message = f"llama.cpp could not load {settings.model_path}: the log says why"
        raise LoadFailed("model-unreadable", message) from error
    try:
        return Llama(server, secret)
    except Refused as error:
        raise LoadFailed("model-unreadable", f"{settings.model_path}: {error.message}") from error


def _checked_header(settings: LaunchSettings) -> GgufHeader:
    try:
        return read_header(Path(settings.model_path))
    except LlamactlError as error:
        raise LoadFailed("model-unreadable", error.message) from error


def _check_memory(settings: LaunchSettings, header: GgufHeader) -> None:
    """Refuse what this machine could never hold."""
    import psutil

    needed_bytes = header.memory_bytes(settings.context_tokens)
    total_bytes = psutil.virtual_memory().total
    if needed_bytes > total_bytes:
        message = (
            f"{settings.model_id} with {settings.context_tokens} tokens of context needs about "
            f"{format_bytes(needed_bytes)}, this machine has {format_bytes(total_bytes)}"
        )
        raise LoadFailed("out-of-memory", message)


def _parameters(xllamacpp: Any, settings: LaunchSettings, secret: str) -> Any:
    parameters = xllamacpp.CommonParams()
    parameters.model.path = settings.model_path
    parameters.model_alias = {settings.model_id}
    parameters.hostnames = ["127.0.0.1"]
    parameters.port = 0
    parameters.api_keys = [secret]
    parameters.n_ctx = settings.context_tokens
    parameters.n_parallel = settings.parallel
    parameters.kv_unified = True  # else each request gets context_tokens / parallel
    parameters.cpuparams.n_threads = settings.threads
    parameters.cpuparams_batch.n_threads = settings.threads_batch
    # No copies of old prompts: llama.cpp would clear each idle slot, one that is half read too.
    parameters.cache_ram_mib = 0
    parameters.ui = False
    parameters.verbosity = _ERRORS_ONLY
    return parameters


def _bytes(piece: str | Sequence[int]) -> bytes:
    # llama.cpp gives a piece that is no valid UTF-8 as a list of byte values.
    return piece.encode() if isinstance(piece, str) else bytes(piece)
