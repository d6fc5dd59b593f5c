"""docs/words.md is the table behind ``llmobs explain``."""

import os
import tomllib

from pytest_llmobs.reports.glossary import GLOSSARY
from pytest_llmobs.reports.glossary import PAGE as ADDRESS
from tests.e2e.conftest import ROOT

PAGE = ROOT / "docs" / "words.md"
HEAD = """# The words of the output

What `pytest --llm-experiment` and `llmobs` print. `llmobs explain WORD` says the same in a terminal. How the verdicts
come about is told in [the gate](gate.md).

"""


def page() -> str:
    sections = []
    for entry in GLOSSARY:
        title, *others = entry.words
        also = f"\n\nAlso: {', '.join(others)}." if others else ""
        advice = f" {entry.advice}" if entry.advice else ""
        sections.append(f"## {title}{also}\n\n{entry.meaning}{advice}\n")
    return HEAD + "\n".join(sections)


def test_the_words_are_those_of_the_command():
    if os.environ.get("LLMOBS_UPDATE_README"):
        PAGE.write_text(page(), encoding="utf-8")
    assert PAGE.read_text(encoding="utf-8") == page(), "LLMOBS_UPDATE_README=1 writes it anew"


def test_a_red_build_leads_to_the_page() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert project["urls"]["Words"] == ADDRESS
    assert ADDRESS.endswith(f"/{PAGE.relative_to(ROOT).as_posix()}")
