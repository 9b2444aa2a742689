"""How large a regular expression of a request may be."""

import re

from llamactl_containers.llamacpp.refusal import Refused

MAX_PATTERN_CHARACTERS = 1_000
MAX_REPEATS = 9_999
# Characters of a pattern with its repeats written out: the longest text that it can dictate, and
# about the states that it needs.
MAX_PATTERN_EXPANSION = 20_000

_REPEAT = re.compile(r"\{([0-9]*),?([0-9]*)\}")
_MOST_DIGITS = len(str(MAX_REPEATS))


def check_pattern(pattern: str, param: str, *, keyword: str = "pattern") -> None:
    """Check how long a regular expression is, and how large its repeats are.

    Raises:
        Refused: it is too large.
    """
    if len(pattern) > MAX_PATTERN_CHARACTERS:
        raise _refused(
            f"`{keyword}` has {len(pattern)} characters; at most {MAX_PATTERN_CHARACTERS} are "
            "supported",
            param,
        )
    size = expanded_size(pattern)
    if size is None:
        raise _refused(f"`{keyword}` has more than {MAX_REPEATS} repeats", param)
    if size > MAX_PATTERN_EXPANSION:
        raise _refused(
            f"`{keyword}` has {size} characters with its repeats written out; "
            f"at most {MAX_PATTERN_EXPANSION} are supported",
            param,
        )


def expanded_size(pattern: str) -> int | None:
    """Count a pattern's characters with each repeat written out; None with too large a repeat."""
    groups, last, position = [0], 0, 0
    while position < len(pattern):
        repeat = _REPEAT.match(pattern, position)
        if repeat is not None:
            count = _count(repeat)
            if count is None:
                return None
            groups[-1] += last * (count - 1)
            last *= count
            position = repeat.end()
            continue
        character = pattern[position]
        position = _atom_end(pattern, position)
        if character == "(":
            groups.append(0)
        elif character == ")" and len(groups) > 1:
            last = groups.pop()
            groups[-1] += last
        elif character not in "?*+":
            last = 1
            groups[-1] += 1
    return sum(groups)


def _count(repeat: "re.Match[str]") -> int | None:
    if max(map(len, repeat.groups())) > _MOST_DIGITS:
        return None
    return max(1, *(int(digits or 0) for digits in repeat.groups()))


def _atom_end(pattern: str, position: int) -> int:
    """Return the position behind a character, an escape or a character class."""
    if pattern[position] == "\\":
        # \p{Lu} and \x{41} have braces that repeat nothing.
        named = re.compile(r"\\[pPxuU]\{[^}]*\}").match(pattern, position)
        return named.end() if named is not None else position + 2
    if pattern[position] != "[":
        return position + 1
    depth = 0
    while position < len(pattern):
        depth += {"[": 1, "]": -1}.get(pattern[position], 0)
        position += 2 if pattern[position] == "\\" else 1
        if not depth:
            break
    return position


def _refused(message: str, param: str) -> Refused:
    return Refused("validation", f"grammar is not valid: {message}", param=param)
