"""Measures what hostile constraints do to another answer's stream.

`python bench/grammar_stalls.py --model FILE` starts the real engine, keeps one stream running and
sends hostile requests beside it. It prints for each: its status, the stream's largest gap, how long
`/health` took, the engine's peak of memory, and whether it lives. Each is tried several times and
the best try counts, because a busy machine makes gaps of its own; the first row has no request.
Needs llamactl[local] and a GGUF file.
"""

import argparse
import contextlib
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import psutil

from llamactl_containers.llamacpp.launch import LaunchSettings, default_threads

GAP_BAR_S = 0.25
CHAT = "/v1/chat/completions"
TEXT = "/v1/completions"
TGI = "/generate"
TOKENS = 48


@dataclass(frozen=True, slots=True)
class Hostile:
    """One request made to stall the others."""

    name: str
    path: str
    body: Mapping[str, Any]


@dataclass(slots=True)
class Watch:
    """What is seen of the engine while a request is under way."""

    gaps_s: list[float] = field(default_factory=list)
    health_s: list[float] = field(default_factory=list)
    rss_bytes: int = 0
    ended: bool = False


def main() -> None:
    arguments = _arguments()
    requests = [each for each in hostile_requests() if arguments.only in each.name]
    with tempfile.TemporaryDirectory() as folder, _engine(arguments.model, Path(folder)) as engine:
        print(f"{arguments.model.name}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}")
        print("| request | status | largest gap ms | /health ms | peak MiB | lives |")
        print("|---|---|---:|---:|---:|---|")
        url, process = engine
        _warm(url)
        worst = 0.0
        for request in (None, *requests):
            gap_s = _row(url, process, request, arguments.tries)
            worst = max(worst, gap_s)
        print(f"largest gap {1000 * worst:.0f} ms; the bar is {1000 * GAP_BAR_S:.0f} ms")


def _row(url: str, process: psutil.Process, request: Hostile | None, tries: int) -> float:
    best, best_gap_s, status = Watch(), float("inf"), "-"
    for _ in range(tries):
        watch = Watch()
        status = _try(url, process, request, watch)
        gap_s = max(watch.gaps_s, default=float("inf"))
        if gap_s < best_gap_s:
            best, best_gap_s = watch, gap_s
        if best_gap_s < GAP_BAR_S or not process.is_running():
            break
    lives = "yes" if process.is_running() else "NO"
    name = "none: the stream alone" if request is None else request.name
    health_ms = 1000 * max(best.health_s, default=0)
    print(
        f"| {name} | {status} | {1000 * best_gap_s:.0f} | {health_ms:.0f} "
        f"| {best.rss_bytes / 2**20:.0f} | {lives} |",
        flush=True,
    )
    return best_gap_s


def _try(url: str, process: psutil.Process, request: Hostile | None, watch: Watch) -> str:
    started = threading.Event()
    watchers = [
        threading.Thread(target=_stream, args=(url, watch, started)),
        threading.Thread(target=_look, args=(url, process, watch)),
    ]
    for thread in watchers:
        thread.start()
    started.wait(30)
    watch.gaps_s.clear()
    status = "-"
    if request is not None:
        answer = httpx.post(url + request.path, json=request.body, timeout=300)
        status = str(answer.status_code)
        if not answer.is_success:
            status += f": {_message(answer)}"
    time.sleep(0.7)
    watch.ended = True
    for thread in watchers:
        thread.join()
    return status


def _message(answer: httpx.Response) -> str:
    error = answer.json()["error"]
    text = error["message"] if isinstance(error, dict) else error
    return str(text).removeprefix("Input validation error: ").replace("|", "\\|")[:110]


def _stream(url: str, watch: Watch, started: threading.Event) -> None:
    """Read one answer after the other, and note the time between two events of one."""
    body = {"prompt": "Once upon a time", "max_tokens": 600, "stream": True, "seed": 1}
    while not watch.ended:
        last, events = None, 0
        with httpx.stream("POST", url + TEXT, json=body, timeout=120) as answer:
            for line in answer.iter_lines():
                now = time.monotonic()
                if line and last is not None:
                    watch.gaps_s.append(now - last)
                last = now if line else last
                events += 1
                if events == 10:
                    started.set()
                if watch.ended:
                    return


def _look(url: str, process: psutil.Process, watch: Watch) -> None:
    with httpx.Client(timeout=120) as client:
        while not watch.ended:
            start = time.monotonic()
            client.get(url + "/health")
            watch.health_s.append(time.monotonic() - start)
            watch.rss_bytes = max(watch.rss_bytes, _rss_bytes(process))
            time.sleep(0.05)


def _rss_bytes(process: psutil.Process) -> int:
    total = 0
    for each in [process, *process.children(recursive=True)]:
        with contextlib.suppress(psutil.Error):
            total += each.memory_info().rss
    return total


def _warm(url: str) -> None:
    """Start the worker that checks constraints, as the first constraint of a day does."""
    body = {"prompt": "a", "max_tokens": 4, "guided_choice": ["yes", "no"]}
    httpx.post(url + TEXT, json=body, timeout=120).raise_for_status()


@contextlib.contextmanager
def _engine(model: Path, folder: Path) -> Iterator[tuple[str, psutil.Process]]:
    threads, batch = default_threads(os.cpu_count() or 1)
    settings = LaunchSettings(
        instance_id="bench-1",
        model_id="bench",
        model_path=str(model),
        prompt_format="chatml",
        threads=threads,
        threads_batch=batch,
        drain_s=1.0,
    )
    launch = folder / "launch.json"
    launch.write_text(settings.to_json(), encoding="utf-8")
    with subprocess.Popen(
        [sys.executable, "-m", "llamactl_containers.llamacpp", str(launch)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as process:
        if process.stdin is None or process.stdout is None:
            raise RuntimeError("no pipes")
        events = (json.loads(line) for line in process.stdout)
        event = next(each for each in events if each["event"] != "loading")
        yield f"http://127.0.0.1:{event['port']}", psutil.Process(process.pid)
        process.stdin.close()
        process.wait(30)


def _tgi(name: str, grammar: Mapping[str, Any]) -> Hostile:
    parameters = {"max_new_tokens": TOKENS, "grammar": grammar, "do_sample": True, "seed": 1}
    return Hostile(name, TGI, {"inputs": "Answer:", "parameters": parameters})


def _regex(name: str, pattern: str) -> Hostile:
    return _tgi(f"regex {name}", {"type": "regex", "value": pattern})


def _schema(name: str, schema: Mapping[str, Any]) -> Hostile:
    form = {"type": "json_schema", "json_schema": {"name": "x", "schema": schema}}
    messages = [{"role": "user", "content": "Answer."}]
    body = {"messages": messages, "max_tokens": TOKENS, "response_format": form, "seed": 1}
    return Hostile(name, CHAT, body)


def _tools(name: str, count: int, parameters: Mapping[str, Any]) -> Hostile:
    functions = [{"name": f"f{index}", "parameters": parameters} for index in range(count)]
    tools = [{"type": "function", "function": function} for function in functions]
    messages = [{"role": "user", "content": "Call."}]
    body = {"messages": messages, "max_tokens": TOKENS, "tools": tools, "tool_choice": "required"}
    return Hostile(name, CHAT, body)


def _object(properties: Mapping[str, Any], *required: str) -> Mapping[str, Any]:
    return {"type": "object", "properties": properties, "required": list(required)}


def _nested(depth: int) -> Mapping[str, Any]:
    schema: Mapping[str, Any] = {"type": "string"}
    for _ in range(depth):
        schema = _object({"a": schema}, "a")
    return schema


def _doubling(keyword: str, depth: int) -> Mapping[str, Any]:
    """Definitions that each name the next one twice: 2^depth of the last."""
    definitions: dict[str, Any] = {f"d{depth}": {"type": "string"}}
    for index in range(depth):
        both = [{"$ref": f"#/$defs/d{index + 1}"}] * 2
        inner = _object(dict(zip("ab", both, strict=True)), "a", "b")
        definitions[f"d{index}"] = inner if keyword == "properties" else {keyword: both}
    return {"$ref": "#/$defs/d0", "$defs": definitions}


def hostile_requests() -> list[Hostile]:
    """Return requests that have stalled or killed an engine, and more of their kinds."""
    strings = {"type": "string"}
    tgi_items = _object({"a": {"type": "array", "items": strings, "minItems": 10**9}}, "a")
    return [
        _tgi("minItems 10^9", {"type": "json", "value": tgi_items}),
        _schema("maxItems 10^7", {"type": "array", "items": strings, "maxItems": 10**7}),
        _schema("multipleOf 499979", {"type": "integer", "multipleOf": 499979}),
        _regex("8,000 x .*", ".*" * 8000),
        *_hostile_schemas(strings),
        *_hostile_regexes(),
        _tools("1,000 tools", 1000, _object({"a": strings})),
        _tools("128 tools", 128, _object({"a": strings, "b": {"type": "integer"}})),
        _tools("60 tools of 3 arrays", 60, _object({c: _array(50) for c in "abc"})),
        _choices("1,000 choices", 1000, 20),
        _choices("choices of 2,000 characters", 20, 2000),
        _prompts(
            "32 prompts, each compiled", 32, _object({f"p{i}": _array(50) for i in range(40)})
        ),
        _prompts("32 prompts, no constraint", 32, None),
        # With the watched stream's 600 tokens the context of 4,096 is full: both run at once.
        Hostile("a prompt of 3,400 tokens", TEXT, {"prompt": "one two " * 1700, "max_tokens": 8}),
        Hostile("four prompts of 850", TEXT, {"prompt": _LONG_PROMPTS, "max_tokens": 8}),
    ]


_LONG_PROMPTS = [f"{word} two " * 425 for word in ("one", "big", "red", "old")]


def _array(count: int) -> Mapping[str, Any]:
    return {"type": "array", "items": {"type": "string"}, "maxItems": count}


def _choices(name: str, count: int, size: int) -> Hostile:
    choices = [f"{index} " + "x y" * (size // 3 - 2) for index in range(count)]
    return Hostile(name, TEXT, {"prompt": "a", "max_tokens": TOKENS, "guided_choice": choices})


def _prompts(name: str, count: int, schema: Mapping[str, Any] | None) -> Hostile:
    body = {"prompt": ["a"] * count, "max_tokens": 8, "guided_json": schema}
    return Hostile(name, TEXT, body)


def _hostile_schemas(strings: Mapping[str, Any]) -> list[Hostile]:
    optional = {f"p{index}": strings for index in range(300)}
    objects = [_object({f"p{index}": strings}, f"p{index}") for index in range(200)]
    dictated = {"type": "array", "items": {"const": "x" * 500}, "minItems": 1000}
    patterns = {f"^{chr(97 + index)}[a-z]{{1,50}}$": strings for index in range(26)}
    loop = {"$ref": "#/$defs/a", "$defs": {"a": {"$ref": "#/$defs/b"}, "b": {"$ref": "#/$defs/a"}}}
    return [
        _schema("maxItems 1,000, nested", {**_array(1000), "items": _array(1000)}),
        _schema("50 arrays of 1,000", _object({f"p{i}": _array(1000) for i in range(50)})),
        _schema("maxLength 10^9", {"type": "string", "maxLength": 10**9}),
        _schema("minLength 100,000", {"type": "string", "minLength": 100_000}),
        _schema("multipleOf 4999", {"type": "integer", "multipleOf": 4999}),
        _schema("100 of multipleOf 997", _object({f"p{i}": _multiple(997) for i in range(100)})),
        _schema("multipleOf 86400", _multiple(86400)),
        _schema("multipleOf 0.0499979", {"type": "number", "multipleOf": 0.0499979}),
        _schema("300 optional properties", _object(optional)),
        _schema("5,000 properties", _object({f"p{index}": strings for index in range(5000)})),
        _schema("enum of 1,000", {"enum": [f"value number {index}" for index in range(1000)]}),
        _schema("enum of 100,000", {"enum": [str(index) for index in range(100_000)]}),
        _schema("const of 100,000 characters", {"const": "x" * 100_000}),
        _schema("a const of 2,000 characters", {"const": "x y " * 499}),
        _schema("a dictated text of 500,000", dictated),
        _schema("nested 30 deep", _nested(30)),
        _schema("nested 120 deep", _nested(120)),
        _schema("anyOf of 200 objects", {"anyOf": objects}),
        _schema("oneOf of 200 objects", {"oneOf": objects}),
        _schema("allOf of 200 objects", {"allOf": objects}),
        _schema("$ref doubling, 30 deep, objects", _doubling("properties", 30)),
        _schema("$ref doubling, 30 deep, anyOf", _doubling("anyOf", 30)),
        _schema("$ref doubling, 30 deep, allOf", _doubling("allOf", 30)),
        _schema("$ref in a loop", loop),
        _schema("26 patternProperties", {"type": "object", "patternProperties": patterns}),
        _schema("format uri", _object({"a": {"type": "string", "format": "uri"}}, "a")),
        _schema("maxProperties 10^8", {"type": "object", "maxProperties": 10**8}),
        _schema("pattern of 500 x .*", {"type": "string", "pattern": ".*" * 500}),
        _schema("20 patterns of 200 x .*", _object({f"p{i}": _wild(190) for i in range(20)})),
    ]


def _multiple(of: float) -> Mapping[str, Any]:
    return {"type": "integer", "multipleOf": of}


def _wild(count: int) -> Mapping[str, Any]:
    return {"type": "string", "pattern": ".*" * count}


def _hostile_regexes() -> list[Hostile]:
    words = "|".join(f"w{index}" for index in range(199))
    return [
        _regex("((a{1,100}){1,100}){1,100}", "((a{1,100}){1,100}){1,100}"),
        _regex("(([ab]{1,100}c?){1,100}d?)", "(([ab]{1,100}c?){1,100}d?)"),
        _regex("a{9999}", "a{9999}"),
        _regex("\\w{1,9999}", "\\w{1,9999}"),
        _regex(".*a.{200}", ".*a.{200}"),
        _regex("200 x (.*a)?", "(.*a)?" * 160),
        _regex("450 x .*", ".*" * 450),
        _regex("lookahead", "(?=a)b"),
        _regex("Unicode classes", "(\\p{L}\\p{N}?\\p{Lu}*){1,999}"),
        _regex("giant alternation", words),
        _regex("alternation of .*", "|".join(f".*{chr(97 + i)}.{{150}}" for i in range(26))),
        _regex("(a?){500}a{500}", "(a?){500}a{500}"),
        _regex("(x+x+)+y", "(x+x+)+y"),
        _regex("a{0,99999999}", "a{0,99999999}"),
    ]


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", type=Path, required=True, help="GGUF file to serve")
    parser.add_argument("--tries", type=int, default=3, help="tries a request; the best counts")
    parser.add_argument("--only", default="", help="only requests whose name contains this")
    return parser.parse_args()


if __name__ == "__main__":
    main()
