"""A folder of text files becomes prompts; what isn't clear is left where it is, with the reason."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_llmobs.errors import ArgumentError, NotFoundError
from pytest_llmobs.prompts.filling.styles import Unclear, converted
from pytest_llmobs.prompts.folder import PromptFolder
from pytest_llmobs.prompts.importing import ImportReport, import_folder
from pytest_llmobs.prompts.pulling import Puller
from pytest_llmobs.prompts.templates import PromptText


@pytest.fixture
def old(tmp_path: Path) -> Path:
    """Return a folder of text files, as teams have them."""
    files: dict[str, str | bytes] = {
        "support.md": "Hello {name}!\nYou pay $5.\n",
        "team/sales.txt": "Sell.",
        "mustache.md": "One\nHello {{ name }}!\n",
        "dollar.txt": "Hello $name!",
        "jinja.md": "{% if x %}Hi{% endif %}",
        "json.txt": 'Answer as {"a": 1}, {"b": 2}.\n',
        "README.md": "Our prompts",
        "dot.prompt": "---\nmodel: x\n---\nHello {name}",
        "notes.docx": "x",
        "empty.md": " \n",
        "latin.txt": b"caf\xe9",
        "support.txt": "Hello again",
        "a:b.md": "x",
        ".git/config.txt": "x",
    }
    for name, text in files.items():
        file = tmp_path / "old" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(text if isinstance(text, bytes) else text.encode())
    return tmp_path / "old"


def reasons(report: ImportReport) -> dict[str, str]:
    return {skipped.file.name: skipped.reason for skipped in report.skipped}


def test_each_file_is_taken_or_it_is_said_why_not(folder: PromptFolder, old: Path) -> None:
    report = import_folder(folder, old)
    assert [(taken.name, list(taken.variables), taken.is_new) for taken in report.taken] == [
        ("support", ["name"], True),
        ("team/sales", [], True),
    ]
    assert folder.names() == ["support", "team/sales"]
    support = Puller(folder).pull("support")
    assert support.format(name="Ada") == "Hello Ada!\nYou pay $5."
    assert support.commit_hash == report.taken[0].commit_hash
    assert folder.commits.all("support")[0].description == f"Imported from {old / 'support.md'}"
    told = reasons(report)
    assert told.pop("json.txt") == (
        f"{old / 'json.txt'}:1:11: '{{\"a\": 1}}' is no variable. Write {{{{ and }}}} for braces that are meant as "
        "such, and {name} for a variable (2 such places); style plain doubles every brace of a text without variables."
    )
    assert told.pop("a:b.md").startswith("The prompt can't be named 'a:b': it holds ':'")
    assert "can't be read" in told.pop("latin.txt")
    assert told == {
        "mustache.md": "line 2 has '{{ name }}', which looks like mustache. Convert it with style mustache, or take "
        "it as it stands with style braces.",
        "dollar.txt": "line 1 has '$name', which looks like dollar. Convert it with style dollar, or take it as it "
        "stands with style braces.",
        "jinja.md": "line 1 has '{% if x %}': jinja runs what stands there. Write it out.",
        "README.md": "its name says that it is no prompt. Rename it if it is one.",
        "dot.prompt": "it begins with settings between two lines of ---, which would be sent to the model. "
        "Cut them out.",
        "notes.docx": "a prompt's file ends in .md, .txt, .prompt, .tmpl, .template, .mustache.",
        "empty.md": "it is empty.",
        "support.txt": f"'{old / 'support.md'}' became the prompt 'support' already.",
    }


def test_a_second_import_changes_nothing_and_overwrites_nothing(folder: PromptFolder, old: Path) -> None:
    import_folder(folder, old / "support.md")
    (again,) = import_folder(folder, old / "support.md").taken
    assert not again.is_new
    (old / "support.md").write_text("Other")
    report = import_folder(folder, old / "support.md")
    assert reasons(report) == {
        "support.md": "there is a prompt 'support' already, and it says something else. Rename one of them."
    }
    assert len(folder.commits.all("support")) == 1


@pytest.mark.parametrize(
    ("style", "text", "expected"),
    [
        ("mustache", 'Hi {{name}}, {{{ rest }}} as {"a": 1}', 'Hi {name}, {rest} as {{"a": 1}}'),
        ("dollar", "Hi $name, ${rest} for $$5 or $5 {x}", "Hi {name}, {rest} for $5 or $5 {{x}}"),
        ("plain", '{"a": {}}', '{{"a": {{}}}}'),
        ("braces", "Hi {{name}} {x}", "Hi {{name}} {x}"),
    ],
)
def test_a_style_is_converted(style: str, text: str, expected: str) -> None:
    assert converted(text, style) == expected
    PromptText(expected).input_variables  # noqa: B018


@pytest.mark.parametrize("tag", ["{{#each x}}", "{{/x}}", "{{> part}}", "{{a.b}}", "{{ 7*7 }}"])
def test_what_mustache_would_evaluate_is_refused_with_its_line(tag: str) -> None:
    with pytest.raises(Unclear, match=re.escape(f"line 2 has {tag!r}: only {{{{name}}}} becomes a variable")):
        converted(f"One\n{tag}", "mustache")


@given(st.lists(st.sampled_from(["{", "}", "{{", "$", "x", " ", "\n"])).map("".join))
def test_a_plain_text_comes_out_as_it_was(text: str) -> None:
    assert PromptText(converted(text, "plain")).format() == text


def test_what_isn_t_there_or_isn_t_known_is_said(folder: PromptFolder, old: Path) -> None:
    with pytest.raises(
        ArgumentError, match=r"Unknown style 'mustach'. Did you mean 'mustache'\? Known: braces, dollar"
    ):
        import_folder(folder, old, "mustach")
    with pytest.raises(NotFoundError, match="There is no folder or file 'nowhere'"):
        import_folder(folder, Path("nowhere"))
