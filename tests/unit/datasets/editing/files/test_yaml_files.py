"""YAML as people write it by hand: an edit touches the lines of its key, whatever is around them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from pytest_llmobs.datasets.editing import changes
from pytest_llmobs.datasets.editing.catalog import Catalog
from pytest_llmobs.errors import DatasetError
from tests.unit.datasets.editing.conftest import draft

COMMENTED = """\
# What support is asked
- id: a
  inputs:
      query: Hello  # a greeting
      context: >
          A long text
          in two lines
      # in whole euros
      price: 5
  outputs: {answer: Hi}

- id: b
  inputs: {query: Bye}
"""
ANCHORED = """\
- id: a
  inputs: &shared
    query: Hello
    lang: en
- id: b
  inputs:
    <<: *shared
    query: Bye
- id: c
  inputs: *shared
"""


def edited(before: str, after: str) -> tuple[list[str], list[str]]:
    """Return the lines that went and those that came, but for the time of the change."""
    old, new = before.splitlines(), after.splitlines()
    gone = [line for line in old if line not in new and "modified_at:" not in line]
    return gone, [line for line in new if line not in old and "modified_at:" not in line]


def test_of_an_example_only_the_key_that_changes_is_written_anew(
    catalog: Catalog, write: Callable[..., Path]
) -> None:
    file = write("golden.yaml", COMMENTED)
    example = catalog.examples("golden")[0]
    changes.update(catalog, "golden", [{"id": "a", "inputs": {**example.inputs, "price": 6, "more": "x"}}])
    assert edited(COMMENTED, file.read_text()) == (
        ["      price: 5"],
        ["      price: 6", "      more: x"],
    )
    before = file.read_text()
    changes.update(catalog, "golden", [{"id": "a", "outputs": {"answer": "Yes"}}])
    assert edited(before, file.read_text()) == (["  outputs: {answer: Hi}"], ["  outputs: {answer: 'Yes'}"])


def test_flat_keys_stay_flat(catalog: Catalog, write: Callable[..., Path]) -> None:
    text = "- id: a\n  inputs.query: Hello  # short\n  outputs.answer: Hi\n"
    file = write("golden.yaml", text)
    changes.update(catalog, "golden", [{"id": "a", "outputs": {"answer": "Hey", "tone": "warm"}}])
    assert edited(text, file.read_text()) == (
        ["  outputs.answer: Hi"],
        ["  outputs.answer: Hey", "  outputs.tone: warm"],
    )


def test_what_an_anchor_stands_for_changes_nowhere_else(catalog: Catalog, write: Callable[..., Path]) -> None:
    file = write("golden.yaml", ANCHORED)
    with pytest.raises(DatasetError, match=r"golden\.yaml:2: the anchor &shared is used in line 7"):
        changes.remove(catalog, "golden", ["a"])
    with pytest.raises(DatasetError, match=r"reach another example: inputs\.query of 'c'.*\n?.*anchor"):
        changes.update(catalog, "golden", [{"id": "a", "inputs": {"query": "Other", "lang": "en"}}])
    assert file.read_text() == ANCHORED
    # of what isn't shared each goes its own way
    changes.update(catalog, "golden", [{"id": "b", "inputs": {"query": "Bye!", "lang": "de"}}])
    changes.update(catalog, "golden", [{"id": "a", "outputs": {"answer": "Hi"}}])
    changes.remove(catalog, "golden", ["c"])
    examples = catalog.examples("golden")
    assert [example.inputs for example in examples] == [
        {"query": "Hello", "lang": "en"},
        {"query": "Bye!", "lang": "de"},
    ]
    assert "<<: *shared" in file.read_text()


def test_tabs_between_words_stay(catalog: Catalog, write: Callable[..., Path]) -> None:
    text = "- id: a\n  inputs:\t{query: Hello}\t# tab\n- id: b\n  inputs:\n    query:\tBye\n"
    file = write("golden.yaml", text)
    changes.update(catalog, "golden", [{"id": "b", "inputs": {"query": "x\ty"}}])
    assert edited(text, file.read_text()) == (["    query:\tBye"], ['    query: "x\\ty"'])
    changes.update(catalog, "golden", [{"id": "a", "inputs": {"query": "Hey"}}])
    assert "  inputs: {query: Hey}\t# tab\n" in file.read_text()
    assert [example.inputs["query"] for example in catalog.examples("golden")] == ["Hey", "x\ty"]


@pytest.mark.parametrize("end", ["...\n", "# the end\n...\n# after it\n"])
def test_what_is_added_stands_within_the_document(
    catalog: Catalog, write: Callable[..., Path], end: str
) -> None:
    text = f"%YAML 1.1\n---\n- id: a\n  inputs: {{query: Hello}}\n{end}"
    file = write("golden.yaml", text)
    changes.add(catalog, "golden", [draft("Bye", id="b")], "x")
    assert file.read_text() == text.replace(end, f"- id: b\n  inputs:\n    query: Bye\n{end}")


def test_two_documents_are_refused_with_the_line(catalog: Catalog, write: Callable[..., Path]) -> None:
    write("golden.yaml", "- inputs: {query: Hello}\n---\n- inputs: {query: Bye}\n")
    with pytest.raises(DatasetError, match=r"golden\.yaml:2:1: a second document begins here"):
        changes.add(catalog, "golden", [draft("x")], "x")


@pytest.mark.parametrize("end", ["", "...\n"])
def test_the_only_example_of_a_marked_document_goes_and_another_one_comes(
    catalog: Catalog, write: Callable[..., Path], end: str
) -> None:
    file = write("golden.yaml", f"---\n- id: a\n  inputs: {{query: Hello}}\n{end}")
    changes.remove(catalog, "golden", ["a"])
    assert file.read_text() == f"---\n{end}"
    assert catalog.examples("golden") == ()
    changes.add(catalog, "golden", [draft("Bye", id="b")], "examples")
    assert [example.id for example in catalog.examples("golden")] == ["b"]
    assert file.read_text().startswith("---\n- id: b\n")
    assert file.read_text().endswith(end)
