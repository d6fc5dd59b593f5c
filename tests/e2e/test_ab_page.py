"""What docs/ab-tests.md shows is what happens: users are dealt out by a traced app, and its runs are compared."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path

import pytest

from pytest_llmobs.cli import main
from pytest_llmobs.storage.store import Store
from tests.e2e.test_feedback_page import run
from tests.e2e.test_readme import ROOT, UPDATE, blocks, write_files

PATH = ROOT / "docs" / "ab-tests.md"
PAGE = PATH.read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """The folder of the page's app after its commands, and what they printed."""
    folder = tmp_path_factory.mktemp("shop")
    write_files(PAGE, folder)
    (console,) = [block.text for block in blocks(PAGE) if block.note == "run"]
    printed = ""
    for command in re.findall(r"^\$ (.*)$", console, re.MULTILINE):
        printed += f"$ {command}\n{run(command, folder)}"
    return folder, printed


def test_what_the_commands_print_is_the_one_printed(shop: tuple[Path, str]) -> None:
    _, printed = shop
    (shown,) = [block.text for block in blocks(PAGE) if block.note == "run"]
    if os.environ.get(UPDATE):
        PATH.write_text(PAGE.replace(shown, printed), encoding="utf-8")
    else:
        assert printed == shown, f"{UPDATE}=1 writes it"


def test_machines_read_the_same_and_the_store_has_no_key(
    shop: tuple[Path, str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    folder, _ = shop
    monkeypatch.chdir(folder)
    assert main(["prompts", "ab", "support", "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert (document["users"], document["runs"], document["broken"]) == (1_500, 2_000, False)
    assert [arm["expected"] for arm in document["arms"]] == [1_200, 300]
    assert [metric["metric"] for metric in document["metrics"]] == ["user_rating", "latency", "error rate"]
    for traced in Store(folder / ".llmobs").runs("production", limit=40):
        arm = {key: value for key, value in traced.metadata.items() if key.startswith("ab.")}
        assert set(arm) == {"ab.support", "ab.support.unit", "ab.support.weights"}
        assert traced.metadata["prompt.support"]
        assert str(traced.inputs["user_id"]) not in arm.values()


def test_the_filter_of_the_page_finds_an_arm(
    shop: tuple[Path, str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    folder, _ = shop
    monkeypatch.chdir(folder)
    (text,) = re.findall(r"llmobs runs '(and\(eq\(metadata_key.*?\))'", PAGE)
    assert main(["runs", text, "--limit", "3", "--json"]) == 0
    assert len(json.loads(capsys.readouterr().out)) == 3


def test_every_block_is_tried() -> None:
    assert [block for block in blocks(PAGE) if not block.file and block.note != "run"] == []
