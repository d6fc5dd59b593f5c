"""Which commit a line or a phrase came with."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from pytest_llmobs.prompts.history.blame import Ancestry, blame_lines, blame_phrase
from pytest_llmobs.prompts.history.passages import Passage


def ancestry(*versions: tuple[str, Sequence[str], str | Mapping[str, str]]) -> Ancestry:
    """Return a history of versions: hash, parents and content each, the newest first."""
    contents: dict[str, list[Passage]] = {}
    for hash, _, content in versions:
        pairs = content.items() if isinstance(content, Mapping) else [(None, content)]
        contents[hash] = [Passage(role, text) for role, text in pairs]
    parents = {hash: of for hash, of, _ in versions}
    return Ancestry([hash for hash, _, _ in versions], parents, contents.__getitem__)


def blamed(history: Ancestry) -> list[tuple[str, str]]:
    return [(line.hash, line.text) for line in blame_lines(history)]


LINEAR = ancestry(
    ("c", ["b"], "Hello.\nBe brief.\n\nNever promise a refund."),
    ("b", ["a"], "Hello.\nBe kind.\n\nNever promise a\nrefund."),
    ("a", ["gone"], "Hello.\nBe kind."),
)


def test_each_line_has_the_commit_that_brought_it() -> None:
    assert blamed(LINEAR) == [
        ("a", "Hello."),
        ("c", "Be brief."),
        ("b", ""),
        ("c", "Never promise a refund."),
    ]


def test_lines_of_two_branches_are_told_apart_behind_their_merge() -> None:
    history = ancestry(
        ("m", ["x", "y"], "top\nbase\nend\nmerged"),
        ("y", ["a"], "base\nend"),
        ("x", ["a"], "top\nbase"),
        ("a", [], "base"),
    )
    assert blamed(history) == [("x", "top"), ("a", "base"), ("y", "end"), ("m", "merged")]


def test_a_line_that_moved_to_another_message_is_as_old_as_it_is() -> None:
    history = ancestry(("b", ["a"], {"system": "Be brief.", "user": "{question}"}), ("a", [], "Be brief."))
    assert blamed(history) == [("a", "Be brief."), ("b", "{question}")]


def test_a_phrase_is_found_wherever_lines_are_broken() -> None:
    found = blame_phrase(LINEAR, "never  promise a refund".replace("never", "Never"))
    assert found.origin == "b"
    assert [(event.hash, event.kind) for event in found.events] == [("b", "came")]


def test_a_phrase_that_went_and_came_back() -> None:
    history = ancestry(("d", ["c"], "x y"), ("c", ["b"], "x y"), ("b", ["a"], "y"), ("a", [], "x"))
    found = blame_phrase(history, "x")
    assert found.origin == "c"
    assert [(event.hash, event.kind) for event in found.events] == [
        ("c", "came"),
        ("b", "went"),
        ("a", "came"),
    ]


def test_a_phrase_that_is_gone_or_never_was() -> None:
    history = ancestry(("b", ["a"], "y"), ("a", [], "x"))
    gone = blame_phrase(history, "x")
    assert gone.origin is None
    assert [(event.hash, event.kind) for event in gone.events] == [("b", "went"), ("a", "came")]
    assert blame_phrase(history, "z").events == []


def test_a_phrase_of_one_branch_came_there() -> None:
    history = ancestry(
        ("m", ["x", "y"], "base rule"), ("y", ["a"], "base"), ("x", ["a"], "base rule"), ("a", [], "base")
    )
    assert blame_phrase(history, "rule").origin == "x"
