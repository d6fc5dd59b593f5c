"""What a test is called: by its path from the rootdir, its classes, its function, and its parameters."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from pytest_llmobs.records.examples import Example

FunctionKey = tuple[Path, str]
"""What tells test functions apart: two files outside the rootdir that are called alike have one node id in pytest."""


class NodeNames:
    """Names nodes by their path from the rootdir, wherever they lie."""

    def __init__(self, rootdir: Path) -> None:
        self._rootdir = rootdir
        self._files: dict[Path, str] = {}

    def file(self, path: Path) -> str:
        """Return the path of a test file from the rootdir, with slashes.

        One that lies elsewhere is named by what its links lead to.
        """
        if path not in self._files:
            self._files[path] = sys.intern(_relative(path, self._rootdir))
        return self._files[path]

    def node(self, node: pytest.Item | pytest.Collector) -> str:
        """Return the node id as the user would type it (xdist appends ``@group`` to its own)."""
        nodeid = node.nodeid
        if node.parent is not None and not nodeid.endswith(node.name):
            nodeid = f"{node.parent.nodeid}::{node.name}"
        return self._placed(node.path, nodeid)

    def function(self, item: pytest.Function) -> str:
        """Return the node id of an item's test function."""
        assert item.parent is not None
        return self._placed(item.path, f"{item.parent.nodeid}::{item.originalname}")

    def _placed(self, path: Path, nodeid: str) -> str:
        name = self.file(path)
        if nodeid.startswith(name):  # as for all files within the rootdir
            return nodeid
        _, colons, inner = nodeid.partition("::")
        return f"{name}{colons}{inner}"


def function_key(item: pytest.Function) -> FunctionKey:
    """Return what an item's test function is kept under; its definition has the same."""
    assert item.parent is not None
    return item.path, f"{item.parent.nodeid}::{item.originalname}"


def _relative(path: Path, rootdir: Path) -> str:
    if not path.is_relative_to(rootdir):
        path, rootdir = path.resolve(), rootdir.resolve()
    try:
        return Path(os.path.relpath(path, rootdir)).as_posix()
    except ValueError:  # on another drive
        return path.as_posix()


def case_id(example: Example, repeat: int, suffix: str) -> str:
    """Return the part of the node id that names the trial; the first repeat has the example's name alone."""
    # pytest prints it, and escapes what a terminal takes; it would escape a backslash, too
    name = example.id.replace("##", "# #")
    if repeat == 1:
        return name
    return f"{name}{suffix}{repeat}"


def own_parameters(item: pytest.Function, own: str) -> str:
    """Return the user's own parameters of an item in brackets, or an empty string.

    Args:
        item: The trial.
        own: What its example and repeat are called.
    """
    brackets = item.name[len(item.originalname) :]
    if own not in brackets:  # pytest escapes what is not ASCII, unless told otherwise
        own = own.encode("unicode_escape").decode("ascii")
    if brackets == f"[{own}]":
        return ""
    return without_parameter(brackets, own)


def without_parameter(name: str, part: str) -> str:
    """Take one parameter's id out of a bracketed name: ``[a-part-b]`` becomes ``[a-b]``."""
    head, _, inner = name.partition("[")
    inner = f"-{inner.removesuffix(']')}-".replace(f"-{part}-", "-", 1)[1:-1]
    if inner:
        return f"{head}[{inner}]"
    return head
