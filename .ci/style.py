"""What the house style asks of the code, measured: ``python .ci/style.py [FOLDER]``.

Prints the density of the package below FOLDER (this checkout unless one is named) and its longest import chain, then
every place that breaks a rule; exits with 1 if there is one. Code lines are lines without blanks, comments and
docstrings.
"""

from __future__ import annotations

import ast
import io
import sys
import tokenize
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

PACKAGE = "pytest_llmobs"

LINES_OF_A_FILE = 400
LINES_OF_A_FUNCTION = 40
FILES_OF_A_FOLDER = 22
CHAIN = 14
"""Modules that import each other in a row, while modules are loaded."""
PER_THOUSAND = {"decisions": 240.0, "comprehensions": 16.0, "conditional expressions": 14.0}
"""Most of each in 1,000 code lines."""
COMMENTS = 2.0
"""Least comments in 100 code lines."""

COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)
BRANCHES = (
    ast.If,
    ast.For,
    ast.AsyncFor,
    ast.While,
    ast.ExceptHandler,
    ast.match_case,
    ast.IfExp,
    ast.comprehension,
)
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
NO_CODE = (
    tokenize.NL,
    tokenize.NEWLINE,
    tokenize.INDENT,
    tokenize.DEDENT,
    tokenize.COMMENT,
    tokenize.ENDMARKER,
)


@dataclass
class Source:
    """One module, read once."""

    path: Path
    name: str
    """As Python imports it."""
    text: str
    tree: ast.Module
    nodes: list[ast.AST]
    """All of the tree, walked once: that takes longer than what is asked of each."""


@dataclass
class Figures:
    """What is counted over all modules."""

    code: int = 0
    comments: int = 0
    constructs: Counter[str] = field(default_factory=Counter)


def main() -> int:
    """Print figures and broken rules; return the exit status."""
    root = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parents[1]
    sources = read_sources(root)
    figures = count(sources)
    chain = longest_chain(module_imports(sources))
    print(f"{len(sources)} modules, {figures.code:,} code lines")
    problems = list(broken_places(root, sources))
    for construct, most in PER_THOUSAND.items():
        rate = 1000 * figures.constructs[construct] / figures.code
        print(f"{construct}: {rate:.1f} in 1,000 code lines (at most {most:g})")
        if rate > most:
            problems.append(f"{construct}: {rate:.1f} in 1,000 code lines, more than {most:g}")
    comments = 100 * figures.comments / figures.code
    print(f"comments: {comments:.1f} in 100 code lines (at least {COMMENTS:g})")
    if comments < COMMENTS:
        problems.append(f"comments: {comments:.1f} in 100 code lines, fewer than {COMMENTS:g}")
    print(f"longest import chain: {len(chain)} modules (at most {CHAIN})")
    if len(chain) > CHAIN:
        problems.append(f"an import chain of {len(chain)} modules: {' -> '.join(chain)}")
    for problem in problems:
        print(problem)
    return 1 if problems else 0


def read_sources(root: Path) -> list[Source]:
    """Return every module of the package below ``root``."""
    sources = []
    for path in sorted((root / PACKAGE).rglob("*.py")):
        parts = path.relative_to(root).with_suffix("").parts
        text = path.read_text(encoding="utf-8")
        tree = ast.parse(text)
        name = ".".join(parts).removesuffix(".__init__")
        sources.append(Source(path, name, text, tree, list(ast.walk(tree))))
    return sources


def count(sources: list[Source]) -> Figures:
    """Count code lines, comments and constructs."""
    figures = Figures()
    for source in sources:
        docstrings = docstring_lines(source.nodes)
        code_lines: set[int] = set()
        for token in tokenize.generate_tokens(io.StringIO(source.text).readline):
            if token.type == tokenize.COMMENT:
                figures.comments += 1
            elif token.type not in NO_CODE:
                code_lines.update(range(token.start[0], token.end[0] + 1))
        figures.code += len(code_lines - docstrings)
        for node in source.nodes:
            for construct, number in constructs_of(node):
                figures.constructs[construct] += number
    return figures


def docstring_lines(nodes: list[ast.AST]) -> set[int]:
    """Return the lines of all docstrings, those under attributes among them."""
    lines: set[int] = set()
    for node in nodes:
        if (
            isinstance(node, ast.Expr)
            and isinstance(node.value, ast.Constant)
            and isinstance(node.value.value, str)
        ):
            lines.update(range(node.lineno, (node.end_lineno or node.lineno) + 1))
    return lines


def constructs_of(node: ast.AST) -> Iterator[tuple[str, int]]:
    """Yield what one node counts as, and how often: each branch, each ``and``, ``or`` and filter is a decision."""
    if isinstance(node, BRANCHES):
        yield "decisions", 1
    if isinstance(node, ast.BoolOp):
        yield "decisions", len(node.values) - 1
    if isinstance(node, ast.comprehension):
        yield "decisions", len(node.ifs)
    if isinstance(node, COMPREHENSIONS):
        yield "comprehensions", 1
    if isinstance(node, ast.IfExp):
        yield "conditional expressions", 1


def broken_places(root: Path, sources: list[Source]) -> Iterator[str]:
    """Yield each place that breaks a rule about sizes or about what a line may hold."""
    files = Counter(source.path.parent for source in sources)
    for folder, number in sorted(files.items()):
        if number > FILES_OF_A_FOLDER:
            yield f"{folder.relative_to(root)}: {number} files, more than {FILES_OF_A_FOLDER}"
    for source in sources:
        place = source.path.relative_to(root)
        lines = len(source.text.splitlines())
        if lines > LINES_OF_A_FILE:
            yield f"{place}: {lines} lines, more than {LINES_OF_A_FILE}"
        for node in source.nodes:
            problem = problem_of(node)
            if problem:
                yield f"{place}:{node.lineno} {problem}"  # type: ignore[attr-defined]


def problem_of(node: ast.AST) -> str:
    """Return what is wrong with a function or expression, or an empty string."""
    if isinstance(node, FUNCTIONS):
        lines = (node.end_lineno or node.lineno) - node.lineno + 1
        if lines > LINES_OF_A_FUNCTION:
            return f"{node.name} has {lines} lines, more than {LINES_OF_A_FUNCTION}"
    if isinstance(node, COMPREHENSIONS):
        if len(node.generators) > 1:
            return "a comprehension with two `for`"
        if any(isinstance(part, ast.IfExp) for part in ast.walk(node)):
            return "a conditional expression inside a comprehension"
    if isinstance(node, ast.IfExp) and (
        isinstance(node.body, ast.IfExp) or isinstance(node.orelse, ast.IfExp)
    ):
        return "nested conditional expressions"
    return ""


def module_imports(sources: list[Source]) -> dict[str, set[str]]:
    """Return module -> modules of the package that loading it loads: imports inside functions or for types don't."""
    names = {source.name for source in sources}
    imports: dict[str, set[str]] = {}
    for source in sources:
        imports[source.name] = set(imported_names(source.tree, names)) - {source.name}
    return imports


def imported_names(tree: ast.AST, names: set[str]) -> Iterator[str]:
    """Yield the modules among ``names`` that the statements of a module import as it is loaded."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            continue
        if isinstance(node, ast.ImportFrom):
            for alias in node.names:
                submodule = f"{node.module}.{alias.name}"
                yield from {submodule if submodule in names else str(node.module)} & names
        elif isinstance(node, ast.Import):
            yield from {alias.name for alias in node.names} & names
        elif not isinstance(node, FUNCTIONS):
            yield from imported_names(node, names)


def longest_chain(imports: dict[str, set[str]]) -> list[str]:
    """Return the longest row of modules of which each imports the next; there must be no circle."""
    chains: dict[str, list[str]] = {}

    def chain_from(name: str) -> list[str]:
        if name not in chains:
            chains[name] = [name]  # of a circle the rest is left out; the layers' contract reports it
            deeper = [chain_from(imported) for imported in sorted(imports[name])]
            chains[name] = [name, *max(deeper, key=len, default=[])]
        return chains[name]

    return max((chain_from(name) for name in imports), key=len)


if __name__ == "__main__":
    sys.exit(main())
