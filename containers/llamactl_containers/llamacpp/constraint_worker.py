"""`python -m llamactl_containers.llamacpp.constraint_worker`: compiles constraints, on trial.

It stands in for llama.cpp's loop, which would compile them: with the same version of llguidance and
the model's own vocabulary, but in a process that may be killed. On standard input comes a line with
the vocabulary and limits, then a constraint a line; for each, a line goes out that says what is
wrong with it, empty when nothing is. It ends with standard input.
"""

import contextlib
import random
import sys
import time
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import orjson

from llamactl_containers.llamacpp.grammar_tokenizer import new_tokenizer

if TYPE_CHECKING:
    from llguidance import LLMatcher, LLTokenizer

# Narrower than those that llama.cpp leaves to llguidance, so that what passes here has room there.
# Source of the defaults: llguidance 1.0.1, LLParserLimits: 1,000,000, 200,000, 50,000, 250,000,
# 500,000.
_INITIAL_LEXER_FUEL = 700_000
_STEP_LEXER_FUEL = 100_000
_STEP_MAX_ITEMS = 25_000
_MAX_LEXER_STATES = 50_000
_MAX_GRAMMAR_SIZE = 200_000
# What one compilation and one token may take of a processor: other answers wait for it, and three
# requests may begin at once.
_COMPILE_CPU_S = 0.04
_TOKEN_CPU_S = 0.025
_TOKENS = 48
# A busy machine slows one attempt, hardly three.
_ATTEMPTS = 3


def main() -> None:
    """Answer until standard input ends."""
    settings = orjson.loads(sys.stdin.buffer.readline())
    tokenizer = new_tokenizer([token.encode("latin-1") for token in settings["tokens"]])
    _limit_memory(settings["memory_bytes"])
    _answer("")
    for line in sys.stdin.buffer:
        _answer(find_problem(tokenizer, orjson.loads(line)))


def find_problem(tokenizer: "LLTokenizer", grammar: str) -> str:
    """Return what is wrong with a grammar; empty when it can be held, and cheaply."""
    problem = ""
    for _ in range(_ATTEMPTS):
        problem, is_measured = _attempt(tokenizer, grammar)
        if not problem or not is_measured:
            break
    return problem


def _attempt(tokenizer: "LLTokenizer", grammar: str) -> tuple[str, bool]:
    from llguidance import LLMatcher, LLParserLimits

    limits = LLParserLimits(
        initial_lexer_fuel=_INITIAL_LEXER_FUEL,
        step_lexer_fuel=_STEP_LEXER_FUEL,
        step_max_items=_STEP_MAX_ITEMS,
        max_lexer_states=_MAX_LEXER_STATES,
        max_grammar_size=_MAX_GRAMMAR_SIZE,
    )
    start = time.process_time()
    matcher = LLMatcher(tokenizer, grammar, limits=limits, log_level=0)
    compile_s = time.process_time() - start
    if matcher.is_error():
        return _reason(matcher), False
    if compile_s > _COMPILE_CPU_S:
        return f"it takes {1000 * compile_s:.0f} ms to compile: simplify it", True
    return _walk(matcher, tokenizer.vocab_size - 1)


def _walk(matcher: "LLMatcher", end: int) -> tuple[str, bool]:
    """Write an answer at random, as a model would, and look at what each token takes."""
    chance = random.Random(0)  # noqa: S311 - the same walk for the same constraint
    for _ in range(_TOKENS):
        start = time.process_time()
        mask = matcher.compute_bitmask()
        token_s = time.process_time() - start
        if matcher.is_error():
            return _reason(matcher), False
        if token_s > _TOKEN_CPU_S:
            return f"it takes {1000 * token_s:.0f} ms a token: simplify it", True
        token = _any_token(mask, chance, end)
        if token is None or not matcher.consume_token(token) or matcher.is_stopped():
            break
    return (_reason(matcher) if matcher.is_error() else ""), False


def _any_token(mask: bytes, chance: random.Random, end: int) -> int | None:
    """Return a token of a mask, from a random place on; None where only the end is left."""
    bits = int.from_bytes(mask, "little") & ~(1 << end)
    if not bits:
        return None
    start = chance.randrange(end)
    above = bits >> start
    bits, offset = (above, start) if above else (bits, 0)
    return offset + (bits & -bits).bit_length() - 1


def _reason(matcher: "LLMatcher") -> str:
    first, *others = matcher.get_error().splitlines()
    if first.startswith("NoExtension"):
        return "no answer fits it"
    # "at 2(8): …" is a place in a text that the caller has not written.
    problem = first.partition(": ")[2] if first.startswith("at ") else first
    # A regular expression's fault comes under a drawing of where it is.
    causes = [line.strip() for line in others if line.startswith("error: ")]
    return " ".join([problem, *causes])


def _limit_memory(memory_bytes: int) -> None:
    """Let this process grow by so much, where the system can hold it to that."""
    with contextlib.suppress(ImportError, OSError, ValueError):
        import resource

        import psutil

        limit = psutil.Process().memory_info().vms + memory_bytes
        resource.setrlimit(resource.RLIMIT_AS, (limit, limit))


def _answer(problem: str) -> None:
    sys.stdout.buffer.write(orjson.dumps(problem) + b"\n")
    sys.stdout.buffer.flush()


def worker_settings(tokens: Sequence[bytes], memory_bytes: int) -> Mapping[str, Any]:
    """Return what the first line on standard input says."""
    return {"tokens": [token.decode("latin-1") for token in tokens], "memory_bytes": memory_bytes}


if __name__ == "__main__":
    main()
