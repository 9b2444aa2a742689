"""Modules and functions of a size that a reader can hold, under names that say something."""

import ast

import pytest

from architecture.sources import own_files, package_files, relative

MODULE_LINES = 400
FUNCTION_LINES = 60
EMPTY_NAMES = {"utils", "util", "common", "helpers", "helper", "manager", "misc"}


def test_no_module_is_longer_than_the_limit():
    lengths = {relative(path): len(path.read_text("utf-8").splitlines()) for path in own_files()}

    assert {name: lines for name, lines in lengths.items() if lines > MODULE_LINES} == {}


def test_no_function_is_longer_than_the_limit():
    too_long = [
        f"{relative(path)}:{node.lineno} {node.name}"
        for path in own_files()
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and (node.end_lineno or node.lineno) - node.lineno >= FUNCTION_LINES
    ]

    assert too_long == []


def test_no_module_has_a_name_that_says_nothing():
    names = {relative(path): {path.stem, path.parent.name} for path in own_files()}

    assert [path for path, parts in names.items() if parts & EMPTY_NAMES] == []


@pytest.mark.parametrize("path", package_files(), ids=relative)
def test_every_module_says_what_it_owns(path):
    tree = ast.parse(path.read_text("utf-8"))

    assert not tree.body or ast.get_docstring(tree)
