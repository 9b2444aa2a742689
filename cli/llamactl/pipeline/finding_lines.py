"""Findings as a person and a program read them."""

from collections.abc import Iterable

import click

from llamactl.output import print_json
from llamactl.terminal_text import for_terminal
from llamactl_catalog.errors import LlamactlError, Unhealthy
from llamactl_infra.live.cloud import Finding

_STATE_COLUMNS, _CHECK_COLUMNS = 9, 17


def told(findings: Iterable[Finding], *, as_json: bool) -> int:
    """Print findings as they come, or all of them as JSON; gives the first failure's exit code."""
    exit_code, records = 0, []
    for each in findings:
        if each.state == "failed" and exit_code == 0:
            exit_code = error_of(each).exit_code
        if as_json:
            records.append(finding_record(each))
        else:
            click.echo("\n".join(finding_lines(each)))
    if as_json:
        print_json(records)
    return exit_code


def error_of(finding: Finding) -> LlamactlError:
    """Give the error of what failed."""
    return finding.error if finding.error is not None else Unhealthy(finding.text)


def finding_lines(finding: Finding) -> list[str]:
    """Write a finding: how it is, what it is about, what there is to say, and the fix below."""
    word = "FAILED" if finding.state == "failed" else finding.state
    first, *rest = for_terminal(finding.text).splitlines() or [""]
    head = f"{word:<{_STATE_COLUMNS}}{finding.check:<{_CHECK_COLUMNS}}"
    margin = " " * len(head)
    lines = [f"{head}{first}", *(f"{margin}{each}" for each in rest)]
    hint = finding.error.hint if finding.error is not None else None
    if hint is not None:
        marks = ("fix: ", *[" " * 5] * hint.count("\n"))
        told_lines = zip(marks, for_terminal(hint).splitlines(), strict=False)
        lines += [f"{margin}{mark}{each.strip()}" for mark, each in told_lines]
    return lines


def finding_record(finding: Finding) -> dict[str, object]:
    """Give a finding for programs."""
    failed = finding.state == "failed"
    error = error_of(finding) if failed else finding.error
    return {
        "check": finding.check,
        "state": finding.state,
        "text": finding.text,
        "fix": None if error is None else error.hint,
        "exit_code": error.exit_code if failed and error is not None else 0,
    }
