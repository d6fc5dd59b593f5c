"""What docs/review.md shows is what happens, block after block, in one folder."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
import yaml

from pytest_llmobs.review.queue_files import read_settings
from pytest_llmobs.review.queue_settings import FILE_KEYS
from pytest_llmobs.review.rubric.checks import ITEM_KEYS
from tests.e2e.conftest import ROOT, plain_environment
from tests.e2e.here import line_here, python_here
from tests.e2e.test_readme import UPDATE, Block, blocks
from tests.unit.storage.filtering.plain import PlainRun
from tests.unit.storage.filtering.stored import plain_run, store_of

PATH = ROOT / "docs" / "review.md"
PAGE = PATH.read_text(encoding="utf-8")

COMMITS = ("5d2f4ce5ffd1e0a7", "74a6bc2f736d4b19")
"""Of the prompt: the first answers were made with the one, the others with the other."""
ASKED = (
    ("Where is my refund?", "Refunds take one day.", 0.2),
    ("I got 40 of my 80 euros back. Why?", "That is all there is.", 0.0),
    ("Can I return worn shoes?", "Yes, within 90 days.", 0.3),
    ("The parcel is open and a cup broken.", "We send another one today.", 1.0),
    ("How long does a refund to a gift card take?", "Up to five days.", 0.1),
    ("Thank you!", "You're welcome.", 1.0),
)


def asked(number: int, question: str, answer: str, rating: float) -> PlainRun:
    return plain_run(
        number,
        name="support_agent",
        project="production",
        metadata={"prompt.support": COMMITS[number // 4]},
        inputs={"question": question},
        outputs={"output": answer},
        feedback=[{"key": "user_rating", "score": rating}],
    )


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make a rootdir with a store in which users were unhappy with four of six answers."""
    folder = tmp_path_factory.mktemp("page")
    (folder / "pytest.ini").touch()
    runs = [asked(number, *said) for number, said in enumerate(ASKED)]
    store_of(folder, runs).feedback.close()
    return folder


def environment() -> dict[str, str]:
    return {**plain_environment(), "COLUMNS": "100", "PYTHONIOENCODING": "utf-8", "LLMOBS_REVIEWER": "ada"}


def printed_by(line: str, folder: Path, status: int) -> str:
    """Run a line of the page, and return it with what it prints."""
    done = line_here(folder, line.removeprefix("$ "), environment())
    assert done.returncode == status, done.stderr
    return f"{line}\n{done.stderr}{done.stdout}".replace(str(folder), "shop")


def happens(block: Block, folder: Path) -> str:
    """Return what a block of the page has to hold, having done what it says.

    A block that is ``printed`` shows commands that end well, ``printed, exit status 1`` those that say no.
    """
    if block.note.startswith("generated"):
        return block.text  # other tests look after those
    if block.note.startswith("printed"):
        status = 1 if block.note.endswith("exit status 1") else 0
        commands = [line for line in block.text.splitlines() if line.startswith("$ ")]
        return "".join(printed_by(line, folder, status) for line in commands)
    if block.file:
        file = folder / block.file
        file.parent.mkdir(exist_ok=True)
        file.write_text(block.text, encoding="utf-8")
        return block.text
    assert python_here(folder, block.text, environment()).stderr == ""
    return block.text


def test_what_is_shown_is_what_happens(folder: Path) -> None:
    page, rest = "", PAGE
    for block in blocks(PAGE):
        before, _, rest = rest.partition(f"```{block.language}\n{block.text}```")
        page += before + f"```{block.language}\n{happens(block, folder)}```"
    page += rest
    if os.environ.get(UPDATE):
        PATH.write_text(page, encoding="utf-8")
    else:
        assert page == PAGE, f"{UPDATE}=1 writes it anew"


def test_every_block_is_tried() -> None:
    notes = {block.note.partition(":")[0].partition(",")[0] for block in blocks(PAGE)}
    assert notes <= {"printed", "file", "runs", "generated"}


def stated(name: str) -> dict[str, Any]:
    (text,) = [block.text for block in blocks(PAGE) if block.file == name]
    assert read_settings(text, name)
    return dict(yaml.safe_load(text))


def test_every_key_of_a_queues_file_is_shown() -> None:
    assert stated("queues/refunds.yaml").keys() == FILE_KEYS.keys()
    for key in FILE_KEYS:
        assert f"| `{key}` |" in PAGE


def test_every_key_of_a_rubric_is_told() -> None:
    for key in ITEM_KEYS:
        assert f"`{key}" in PAGE or f"{key}:" in PAGE, key
