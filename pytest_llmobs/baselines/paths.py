"""Where baselines lie: a file a suite, and beside it the texts of its examples."""

from __future__ import annotations

import re
from pathlib import Path

from pytest_llmobs.files import text_hash

_PLAIN = re.compile(r"[\w/]+\.py(?:::\w+)*", re.ASCII)
_LONGEST = 120
TEXTS = ".texts.json"
"""How the files of texts end."""


def baseline_path(directory: Path | str, suite: str) -> Path:
    """Return the file of a suite's baseline: ``tests.test_support--test_agent.json``.

    Different suites get different files: a name with other than plain characters, or a long one, ends in a hash.

    Args:
        directory: The folder of the baselines.
        suite: Node id of the test without example and repeat.
    """
    path, *names = suite.split("::")
    readable = "--".join([path.removesuffix(".py").replace("/", "."), *names])
    # a plain name is the suite's alone; of any other two might be made the same
    if _PLAIN.fullmatch(suite) and len(readable) <= _LONGEST:
        return Path(directory) / f"{readable}.json"
    plain = re.sub(r"[^A-Za-z0-9_.-]+", "-", readable)[:_LONGEST].strip("-.")
    return Path(directory) / f"{plain}~{text_hash(suite)[:10]}.json"


def texts_path(path: Path) -> Path:
    """Return the companion file with the texts."""
    return path.with_name(path.name.removesuffix(".json") + TEXTS)


def is_baseline(name: str) -> bool:
    """Return True where a file of that name is a baseline, and not its companion with the texts."""
    return name.endswith(".json") and not name.endswith(TEXTS)


def baseline_files(directory: Path | str) -> list[Path]:
    """Return the files of a folder's baselines, sorted."""
    files = []
    for path in Path(directory).glob("*.json"):
        if is_baseline(path.name):
            files.append(path)
    return sorted(files)
