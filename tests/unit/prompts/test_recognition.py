"""Which prompt a text is a copy of, told by its text alone."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pytest_llmobs.prompts.committing import commit
from pytest_llmobs.prompts.content import Content
from pytest_llmobs.prompts.folder import PromptFolder
from pytest_llmobs.prompts.patterns import LEAST_EQUAL, LEAST_LITERAL, Match, Patterns, pattern_of
from pytest_llmobs.prompts.recognition import Recognition

SUPPORT = "You are the support agent of Acme.\nGreet {customer} by name, and answer in the tone of {tier} customers."
SENTENCES = st.text("abcdefghij ", min_size=LEAST_LITERAL, max_size=60).filter(
    lambda text: len(text.strip()) >= LEAST_LITERAL
)


class Clock:
    """Seconds that the test lets pass."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def patterns(**texts: str) -> Patterns:
    made = Patterns()
    for rank, (name, text) in enumerate(texts.items()):
        made.add(pattern_of(text, name, f"{rank:016x}", rank))
    return made


def names(made: Patterns, text: str) -> list[str]:
    return [match.name for match in made.matches(text)]


@pytest.mark.usefixtures("untraced")
@settings(max_examples=60)
@given(
    st.lists(SENTENCES, min_size=1, max_size=3),
    st.lists(st.text(max_size=30), min_size=3, max_size=3),
    st.tuples(st.booleans(), st.booleans()),
)
def test_a_rendering_is_known_whatever_the_values(pieces, values, at_ends):
    """Variables between the sentences, and before the first and behind the last where the draw says so."""
    template = "{v}".join(piece.replace("{", "").replace("}", "") for piece in pieces)
    template = f"{'{v}' if at_ends[0] else ''}{template}{'{v}' if at_ends[1] else ''}"
    text = template
    for value in values * 2:
        text = text.replace("{v}", value.replace("{v}", ""), 1)
    assert names(patterns(support=template), text) == ["support"]


@settings(max_examples=60)
@given(SENTENCES, SENTENCES, st.text(max_size=40))
def test_unlike_templates_do_not_match_each_other(one, other, value):
    one, other = f"{one.strip()} one {{v}}", f"{other.strip()} other {{v}}"
    made = patterns(one=one, other=other)
    assert names(made, one.replace("{v}", value)) == ["one"]
    assert names(made, other.replace("{v}", value)) == ["other"]


@pytest.mark.parametrize(
    "text",
    [
        "x" * (LEAST_EQUAL - 1),
        "Answer: {question}",
        "{question}",
        "a {b} c {d} e {f} g {h} i {j} k {l} m {n} o {p} q {r} s {t} u {v} w",
        "You are helpful. {question}",
    ],
)
def test_a_text_too_short_to_prove_anything_is_not_looked_for(text):
    assert names(patterns(short=text), text) == []


@pytest.mark.parametrize(
    ("text", "known"),
    [
        (SUPPORT.format(customer="Ada", tier="gold"), True),
        (f"\n  {SUPPORT.format(customer='Ada', tier='')}\n", True),
        (SUPPORT.format(customer="Ada\nLovelace {x}", tier="gold"), True),
        (f"Be brief. {SUPPORT.format(customer='Ada', tier='gold')}", False),
        (f"{SUPPORT.format(customer='Ada', tier='gold')} Be brief.", False),
        (SUPPORT.format(customer="Ada", tier="gold").replace("Acme", "Emca"), False),
        (SUPPORT.split("{", maxsplit=1)[0], False),
        ("", False),
    ],
)
def test_a_template_is_anchored_at_both_ends(text, known):
    assert names(patterns(support=SUPPORT), text) == (["support"] if known else [])


def test_a_template_between_two_variables_is_known():
    made = patterns(support="{greeting} You are the support agent of Acme, the shop for tools. {question}")
    assert names(made, "Hi! You are the support agent of Acme, the shop for tools. Why?") == ["support"]
    assert names(made, "Hi! You are the support agent of Emca, the shop for tools. Why?") == []


def test_what_says_most_is_meant():
    made = patterns(
        short=SUPPORT,
        long=f"{SUPPORT} Never promise a refund. {{closing}}",
        copy=f"{SUPPORT} Never promise a refund. {{end}}",
    )
    text = SUPPORT.format(customer="Ada", tier="gold")
    assert names(made, text) == ["short"]
    assert names(made, f"{text} Never promise a refund. Bye.") == ["long", "copy"]


def test_the_current_commit_is_meant_where_an_earlier_one_says_the_same():
    made = Patterns()
    made.add(pattern_of(SUPPORT, "support", "b" * 16, 2))
    made.add(pattern_of(SUPPORT, "support", "a" * 16, 0))
    assert made.matches(SUPPORT) == [Match("support", "a" * 16, ["customer", "tier"])]


def test_braces_that_stand_alone_make_a_text_that_must_be_equal():
    text = 'You answer as JSON such as {"answer": 1}, nothing else.'
    assert names(patterns(json=text), text) == ["json"]
    assert names(patterns(json=text), text.replace("1", "2")) == []
    doubled = patterns(json=text.replace("{", "{{").replace("}", "}}"))
    assert names(doubled, text) == ["json"]


def _write(folder: PromptFolder, name: str, text: str) -> None:
    (folder.folder / name).parent.mkdir(parents=True, exist_ok=True)
    (folder.folder / name).write_text(text)


def told(recognition: Recognition, text: str) -> list[tuple[Any, ...]]:
    assert recognition.knows_any or not recognition.recognise(text)
    return [(*found.stamp.entry, *found.unfilled) for found in recognition.recognise(text)]


def test_every_commit_is_known_by_its_own_hash(folder: PromptFolder):
    hashes = []
    for text in ("You are the support agent of Acme. Be kind to all.", SUPPORT, f"{SUPPORT} Be brief."):
        _write(folder, "support.md", f"{text}\n")
        hashes.append(commit(folder, "support").commit_hash)
    folder.beside.set_tag("support", "production", hashes[1])
    _write(folder, "support.md", "You are the support agent of Acme, and were edited a minute ago.\n")
    recognition = Recognition(folder.folder)
    assert told(recognition, "You are the support agent of Acme. Be kind to all.") == [
        ("prompt.support", f"{hashes[0]} (matched)")
    ]
    filled = SUPPORT.format(customer="Ada", tier="gold")
    assert told(recognition, filled) == [("prompt.support", f"{hashes[1]} (matched)")]
    assert told(recognition, f"{filled} Be brief.") == [("prompt.support", f"{hashes[2]} (matched)")]
    ((_, edited),) = told(recognition, "You are the support agent of Acme, and were edited a minute ago.")
    assert commit(folder, "support").commit_hash in edited  # the hash it gets once it is committed


def test_a_variable_that_nobody_filled_is_named(folder: PromptFolder):
    _write(folder, "support.md", SUPPORT)
    recognition = Recognition(folder.folder)
    assert told(recognition, SUPPORT)[0][2:] == ("customer", "tier")
    assert told(recognition, SUPPORT.replace("{customer}", "Ada"))[0][2:] == ("tier",)
    assert told(recognition, SUPPORT.format(customer="Ada", tier="gold"))[0][2:] == ()


def test_messages_and_their_blocks_are_known(folder: PromptFolder):
    _write(
        folder,
        "team/chat.yaml",
        "- role: system\n  content: You are the chat agent of Acme, always.\n"
        "- role: user\n  content:\n  - type: text\n    text: The customer has asked this of you today {question}\n",
    )
    recognition = Recognition(folder.folder)
    for text in ("You are the chat agent of Acme, always.", "The customer has asked this of you today Why?"):
        assert [key for key, _ in told(recognition, text)] == ["prompt.team/chat"]


def test_files_that_make_no_sense_are_passed_over(folder: PromptFolder):
    _write(folder, "support.md", SUPPORT)
    _write(folder, "settings.yaml", "colour: red\n")
    _write(folder, "broken.yaml", "{")
    _write(folder, ".commits/support/0123456789abcdef.yaml", "nonsense")
    _write(folder, "twice.md", SUPPORT)
    _write(folder, "twice.txt", SUPPORT)
    (folder.folder / "link.md").symlink_to(folder.folder / "nowhere")
    (folder.folder / ".tags" / "support").mkdir(parents=True)
    (folder.folder / ".tags" / "support" / "v1").write_bytes(b"\xff")
    assert len(told(Recognition(folder.folder), SUPPORT)) == 1


def test_what_is_edited_is_known_a_little_later(folder: PromptFolder):
    clock = Clock()
    recognition = Recognition(folder.folder, seconds=clock)
    assert not recognition.knows_any
    _write(folder, "support.md", SUPPORT)
    assert not recognition.knows_any
    clock.now += 2.0
    assert recognition.knows_any
    _write(folder, "support.md", f"{SUPPORT} Be brief.")
    clock.now += 2.0
    assert told(recognition, f"{SUPPORT} Be brief.")
    (folder.folder / "support.md").unlink()
    clock.now += 2.0
    assert not told(recognition, f"{SUPPORT} Be brief.")


def test_a_folder_that_is_not_there_knows_nothing(tmp_path: Path):
    recognition = Recognition(tmp_path / "prompts")
    assert not recognition.knows_any
    assert told(recognition, SUPPORT) == []


def test_a_commit_that_comes_later_is_known_too(folder: PromptFolder):
    clock = Clock()
    _write(folder, "team/support.md", SUPPORT)
    recognition = Recognition(folder.folder, seconds=clock)
    assert told(recognition, SUPPORT)
    other = commit(folder, "team/support")
    folder.commits.add(
        "team/support",
        Content("text", "You are the support agent of another branch."),
        parent=other.commit_hash,
        now=folder.now(),
        author="Grace Hopper",
        description=None,
    )
    clock.now += 2.0
    assert told(recognition, "You are the support agent of another branch.")
