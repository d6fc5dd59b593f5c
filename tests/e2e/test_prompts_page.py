"""What docs/prompts.md shows of prompts in Python is what happens. Its commands are in ``test_prompts_commands.py``."""

from __future__ import annotations

import io
import os
import re
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.conftest import ROOT
from tests.e2e.test_readme import UPDATE, blocks

PATH = ROOT / "docs" / "prompts.md"
PAGE = PATH.read_text(encoding="utf-8")


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Write the page's files, as somebody did a while ago."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GIT_AUTHOR_NAME", "Ada Lovelace")
    (tmp_path / "pytest.ini").write_text("[pytest]\n")
    for block in blocks(PAGE):
        if block.file is not None:
            file = tmp_path / block.file
            file.parent.mkdir(exist_ok=True)
            file.write_text(block.text, encoding="utf-8")
            os.utime(file, (1_700_000_000, 1_700_000_000))
    return tmp_path


def test_what_the_python_of_the_page_prints_is_the_one_printed(shop: Path) -> None:
    page, names = PAGE, dict[str, Any]()
    examples = [block for block in blocks(PAGE) if block.note in ("python", "prints")]
    assert len(examples) > 6
    for code, shown in zip(examples[::2], examples[1::2], strict=True):
        printed = io.StringIO()
        with redirect_stdout(printed):
            exec(code.text, names)
        text = printed.getvalue().rstrip("\n") + "\n"
        text = re.sub(r'(?<=^time: ").*(?=")', "2026-11-30T15:00:00+00:00", text, flags=re.MULTILINE)
        if os.environ.get(UPDATE):
            page = page.replace(f"```text\n{shown.text}```", f"```text\n{text}```", 1)
        else:
            assert text == shown.text, f"{UPDATE}=1 writes docs/prompts.md anew"
    if page != PAGE:
        PATH.write_text(page, encoding="utf-8")
