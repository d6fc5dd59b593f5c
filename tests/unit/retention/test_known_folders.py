"""Whatever folder the package writes below a store is looked over: the code itself says which there are."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import pytest_llmobs
from pytest_llmobs.retention.places import OF_QUEUES, known_folders

PACKAGE = Path(pytest_llmobs.__file__).parent
ROOTS = ("store_folder", "root")
"""What a store's root is called."""
BELOW_A_ROOT = re.compile(rf"(?:{'|'.join(ROOTS)})\s*/|\bjoinpath\(")
"""Finds the modules that may put something right below one."""


@dataclass(frozen=True)
class Module:
    """One module of the package."""

    text: str

    @cached_property
    def nodes(self) -> list[ast.AST]:
        return list(ast.walk(ast.parse(self.text)))

    @cached_property
    def constants(self) -> dict[str, str]:
        """The texts that names of the module stand for."""
        texts = {}
        for node in self.nodes:
            if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant):
                texts[name_of(node.targets[0])] = str(node.value.value)
        return texts

    def imported(self, modules: dict[str, Module]) -> dict[str, str]:
        """Return the same of names that it imports from other modules of the package."""
        texts = {}
        for node in self.nodes:
            if isinstance(node, ast.ImportFrom) and node.module in modules:
                constants = modules[node.module].constants
                for alias in node.names:
                    if alias.name in constants:
                        texts[alias.asname or alias.name] = constants[alias.name]
        return texts

    def below_queues(self) -> Iterator[ast.expr]:
        """Yield what is put right below a queue's folder: ``folder / DRAFTS``."""
        for node in self.nodes:
            is_below = isinstance(node, ast.BinOp) and isinstance(node.op, ast.Div)
            if is_below and name_of(node.left) in ("folder", "_folder"):
                yield node.right

    def below_roots(self) -> Iterator[ast.expr]:
        """Yield what is put right below a store's root: ``root / "queues"``, ``root.joinpath(NAME)``."""
        if not BELOW_A_ROOT.search(self.text):  # parsing all modules takes seconds
            return
        for node in self.nodes:
            if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Div) and is_root(node.left):
                yield node.right
            elif isinstance(node, ast.Call) and is_joined_to_root(node.func):
                yield node.args[0]


def is_root(node: ast.expr) -> bool:
    return name_of(node) in ROOTS


def is_joined_to_root(function: ast.expr) -> bool:
    # the plugin calls the root itself a store
    is_joinpath = isinstance(function, ast.Attribute) and function.attr == "joinpath"
    return is_joinpath and name_of(function.value) in (*ROOTS, "store")


def name_of(node: ast.expr) -> str:
    """Return the last word of ``store.layout.root``; empty where it is anything else."""
    return getattr(node, "attr", getattr(node, "id", ""))


def modules_of(package: Path) -> dict[str, Module]:
    modules = {}
    for path in package.rglob("*.py"):
        name = ".".join(path.relative_to(package.parent).with_suffix("").parts)
        modules[name] = Module(path.read_text(encoding="utf-8"))
    return modules


def folders_of_queues() -> set[str]:
    folders: set[str] = set()
    for module in modules_of(PACKAGE / "review").values():
        named_ones = named(list(module.below_queues()), module.constants)
        folders.update(name for name in named_ones if "." not in name)
    return folders


def folders_written(package: Path) -> set[str]:
    modules = modules_of(package)
    folders = set()
    for module in modules.values():
        places = list(module.below_roots())
        if places:
            folders.update(named(places, {**module.imported(modules), **module.constants}))
    return folders


def named(places: list[ast.expr], texts: dict[str, str]) -> Iterator[str]:
    """Yield the folders that constants name, hidden ones left out."""
    for node in places:
        text = str(node.value) if isinstance(node, ast.Constant) else texts.get(name_of(node), "")
        if text and not text.startswith("."):
            yield text


def test_every_folder_that_the_package_writes_is_known() -> None:
    """Add what is missing to the table in ``retention.places``: a line that says how it is found and erased."""
    written = folders_written(PACKAGE)

    assert {
        "runs",
        "queues",
        "judgements",
        "sessions",
        "uploads",
        "reports",
        "unfinished",
        "looks",
    } <= written
    assert written <= known_folders()


def test_every_folder_below_a_queue_is_known() -> None:
    written = folders_of_queues()

    assert {"items", "decisions", "drafts", "claims", "calibration"} <= written
    assert written <= set(OF_QUEUES)


def test_a_new_folder_would_be_seen(tmp_path: Path) -> None:
    package = tmp_path / "package"
    package.mkdir()
    (package / "names.py").write_text('FOLDER = "diaries"\n')
    (package / "writer.py").write_text("from package.names import FOLDER\n\nplace = store.root / FOLDER\n")

    assert folders_written(package) == {"diaries"}
