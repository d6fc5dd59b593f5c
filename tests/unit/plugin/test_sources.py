"""What is installed as a copy of the repository's own code is told from what others have made."""

from __future__ import annotations

from pathlib import Path
from types import ModuleType

import pytest

from pytest_llmobs.plugin.control.sources import installed_copies, leave_sources, module_files

TRACKED = (
    "pyproject.toml",
    "app.py",
    "src/bot/__init__.py",
    "src/bot/tools.py",
    "libs/common/setup.py",
    "libs/common/lib/space/part.py",
    "examples/openai.py",
    "prompts/greeting.md",
)


def test_modules_lie_where_a_project_is_installed_from() -> None:
    files = module_files(TRACKED)
    assert files >= {"app.py", "bot/__init__.py", "bot/tools.py", "space/part.py"}
    assert "openai.py" not in files  # nobody installs what an examples folder holds


@pytest.mark.parametrize(
    ("file", "is_copy"),
    [
        ("/venv/lib/python3.11/site-packages/bot/__init__.py", True),
        ("/usr/lib/python3/dist-packages/space/part.py", True),
        ("/project/.tox/py/lib/site-packages/app.py", True),
        ("/venv/lib/python3.11/site-packages/openai.py", False),
        ("/venv/lib/python3.11/site-packages/other/bot/__init__.py", False),
        ("/worktree/src/bot/__init__.py", False),
        (None, False),
    ],
)
def test_a_copy_is_known_by_its_path(tmp_path: Path, file: str | None, is_copy: bool) -> None:
    leave_sources(tmp_path, TRACKED)
    module = ModuleType("bot")
    module.__file__ = file
    copies = list(installed_copies({"bot": module, "no module": object()}, tmp_path))
    assert copies == ([("bot", file)] if is_copy else [])
