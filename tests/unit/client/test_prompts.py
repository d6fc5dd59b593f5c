"""Prompts are files: pushed, pulled, tagged, edited by hand, and merged."""

from __future__ import annotations

import itertools
import json
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from pytest_llmobs import evaluate, pull_prompt
from pytest_llmobs.client.client import Client
from pytest_llmobs.errors import (
    ArgumentError,
    ConflictError,
    LangSmithConflictError,
    LangSmithNotFoundError,
    LlmobsError,
    NotFoundError,
    StoreError,
)
from pytest_llmobs.prompts.templates import PromptMessages, PromptText
from tests.unit.processes import run_at_once

CHAT = [{"role": "system", "content": "Be kind.\nBe brief.\n"}, {"role": "user", "content": "{question}"}]


@pytest.fixture
def folder(client: Client) -> Path:
    return client.workspace.prompt_folder


def commits(client: Client, name: str = "support") -> list[str]:
    return [commit.commit_hash for commit in client.list_prompt_commits(name)]


@pytest.mark.parametrize(
    "text", ["Hello {name}", "Hello\n", "\nHello\n\n", "  é 😀 'x' # y: z\t\n end ", "Hello\\n"]
)
def test_a_text_comes_back_as_it_was_pushed(client: Client, folder: Path, text: str) -> None:
    url = client.push_prompt("support", object=text)
    pulled = client.pull_prompt("support")
    assert isinstance(pulled, PromptText)
    assert pulled == text
    assert pulled.commit_hash == url.commit_hash
    assert (folder / "support.md").read_text() == f"{text}\n"
    assert client.pull_prompt(f"support:{url.commit_hash}") == text


@pytest.mark.parametrize("text", ["", " \n\n"])
def test_a_blank_text_is_no_prompt_however_it_comes(client: Client, folder: Path, text: str) -> None:
    with pytest.raises(ArgumentError, match="holds nothing but blanks"):
        client.push_prompt("support", object=text)
    assert not folder.exists()
    client.push_prompt("support", object="Hello")
    (folder / "support.md").write_text(text)
    with pytest.raises(StoreError, match="is empty"):
        client.pull_prompt("support")


def test_messages_come_back_as_they_were_pushed_and_can_be_read(client: Client, folder: Path) -> None:
    client.push_prompt("support", object=CHAT)
    pulled = client.pull_prompt("support")
    assert isinstance(pulled, PromptMessages)
    assert pulled == CHAT
    assert (folder / "support.yaml").read_text() == (
        "- role: system\n  content: |\n    Be kind.\n    Be brief.\n- role: user\n  content: '{question}'\n"
    )
    client.push_prompt("pairs", object=[("system", "Be kind."), ("user", "{question}")])
    assert client.pull_prompt("pairs")[0] == {"role": "system", "content": "Be kind."}


def test_what_a_push_returns_is_the_address_of_the_file(client: Client, folder: Path) -> None:
    url = client.push_prompt("team/support", object="Hello")
    assert isinstance(url, str)
    assert url == f"{(folder / 'team' / 'support.md').as_uri()}#{url.commit_hash}"


def test_equal_content_makes_no_commit(client: Client) -> None:
    first = client.push_prompt("support", object="Hello")
    assert client.push_prompt("support", object="Hello", commit_tags="v1") == first
    assert commits(client) == [first.commit_hash]
    assert client.pull_prompt("support:v1") == "Hello"


def test_without_an_object_only_what_is_known_changes(client: Client) -> None:
    url = client.push_prompt("support", object="Hello", description="Old", tags=["a"])
    assert client.push_prompt("support", description="New") == url
    prompt = client.get_prompt("support")
    assert prompt is not None
    assert (prompt.description, prompt.tags, prompt.num_commits) == ("New", ["a"], 1)
    assert client.push_prompt("empty", description="Nothing yet").commit_hash is None
    with pytest.raises(NotFoundError, match="'empty' has no content"):
        client.pull_prompt("empty")


def test_what_is_listed_of_prompts_is_dumped_as_langsmiths_records_are(client: Client) -> None:
    client.push_prompt("support", object="Hello {name}", description="Greets")
    (commit,) = client.list_prompt_commits("support")
    dumped = commit.dict()
    assert (dumped["commit_hash"], dumped["manifest"]) == (commit.commit_hash, "Hello {name}")
    assert "read" not in dumped
    listed = json.loads(client.list_prompts().model_dump_json())
    assert (listed["total"], listed["repos"][0]["full_name"], listed["repos"][0]["num_commits"]) == (
        1,
        "support",
        1,
    )


def test_commits_are_listed_with_their_parents(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIT_AUTHOR_NAME", "somebody")
    first = client.push_prompt("support", object="One", commit_description="first")
    second = client.push_prompt("support", object=CHAT, parent_commit_hash=first.commit_hash or "")
    newest, oldest = client.list_prompt_commits("support")
    assert (newest.commit_hash, newest.parent_commit_hash) == (second.commit_hash, first.commit_hash)
    assert (oldest.parent_commit_hash, oldest.description, oldest.author) == (None, "first", "somebody")
    assert newest.created_at > oldest.created_at
    assert newest.manifest == CHAT
    assert list(client.list_prompt_commits("support", limit=1)) == [newest]
    with pytest.raises(ArgumentError, match="limit=-1 must be a whole number"):
        client.list_prompt_commits("support", limit=-1)
    with pytest.raises(ArgumentError, match="offset=-2 must be a whole number"):
        client.list_prompts(offset=-2)
    assert client.pull_prompt_commit("support").commit_hash == second.commit_hash


def test_a_parent_that_isn_t_the_latest_is_a_conflict(client: Client) -> None:
    with pytest.raises(LangSmithConflictError, match="has no commit yet, and so no parent 'abcdef'"):
        client.push_prompt("support", object="One", parent_commit_hash="abcdef")
    first = client.push_prompt("support", object="One")
    second = client.push_prompt("support", object="Two")
    with pytest.raises(LangSmithConflictError) as caught:
        client.push_prompt("support", object="Three", parent_commit_hash=first.commit_hash or "")
    assert f"is {second.commit_hash!r}, not {first.commit_hash!r}: somebody has pushed since" in str(
        caught.value
    )
    assert client.pull_prompt("support") == "Two"


def test_a_prompt_is_pulled_by_hash_tag_and_name(client: Client) -> None:
    first = client.push_prompt("team/support", object="One", commit_tags=["v1", "prod"])
    second = client.push_prompt("team/support", object="Two", commit_tags="prod")
    assert first.commit_hash is not None
    assert second.commit_hash is not None
    assert client.pull_prompt("team/support") == "Two"
    assert client.pull_prompt("-/team/support") == "Two"
    assert client.pull_prompt("team/support:latest") == "Two"
    assert client.pull_prompt("team/support:v1") == "One"
    assert client.pull_prompt("team/support:prod") == "Two"
    assert client.pull_prompt(f"team/support:{first.commit_hash[:8]}") == "One"
    assert pull_prompt("team/support", commit_hash=first.commit_hash) == "One"
    with pytest.raises(ArgumentError, match="names a commit, and so does commit_hash='x'"):
        client.pull_prompt("team/support:v1", commit_hash="x")
    with pytest.raises(ArgumentError, match="commit_hash is 1234567, of type int"):
        client.pull_prompt("team/support", commit_hash=1234567)  # type: ignore[arg-type]


def test_a_file_that_somebody_edited_is_what_is_pulled(client: Client, folder: Path) -> None:
    client.push_prompt("support", object="One")
    (folder / "support.md").write_text("By hand\r\n")
    pulled = client.pull_prompt("support")
    newest = next(client.list_prompt_commits("support"))
    assert (pulled, pulled.commit_hash) == ("By hand", newest.commit_hash)

    (folder / "support.md").write_text("By another hand")
    client.push_prompt("support", object="Two")
    contents = [(commit.manifest, commit.description) for commit in client.list_prompt_commits("support")]
    assert contents == [
        ("Two", None),
        ("By another hand", "Edited by hand"),
        ("By hand", None),
        ("One", None),
    ]


def test_a_file_that_somebody_wrote_is_a_prompt(client: Client, folder: Path) -> None:
    folder.mkdir()
    (folder / "greeting.txt").write_text("Hello {name}")
    (folder / "chat.yaml").write_text("- role: user\n  content: Hi\n")
    assert client.pull_prompt("greeting").format(name="you") == "Hello you"
    assert client.pull_prompt("chat") == [{"role": "user", "content": "Hi"}]
    client.push_prompt("greeting", object="Bye {name}")
    assert (folder / "greeting.txt").read_text() == "Bye {name}\n"
    assert sorted(path.name for path in folder.iterdir() if path.is_file()) == ["chat.yaml", "greeting.txt"]


def test_a_text_becomes_messages_and_its_file_goes(client: Client, folder: Path) -> None:
    client.push_prompt("support", object="One")
    client.push_prompt("support", object=CHAT)
    assert [path.name for path in folder.iterdir() if path.is_file()] == ["support.yaml"]
    (folder / "support.md").write_text("x")
    with pytest.raises(ConflictError, match=r"has two files, 'support.md' and 'support.yaml'. Delete one"):
        client.pull_prompt("support")


@pytest.mark.parametrize(
    ("object", "message"),
    [
        (3, "A prompt is a text, or a list of messages"),
        ([], "A prompt is a text, or a list of messages"),
        ([{"content": "Hi"}], "Message 1 is {'content': 'Hi'}"),
        ([{"role": "user", "content": 3}], "Message 1 has the content 3"),
        ([{"role": "user", "content": "Hi", "when": {1, 2}}], "Message 1 has no form in JSON"),
    ],
)
def test_what_is_no_prompt_is_refused(client: Client, object: Any, message: str) -> None:
    with pytest.raises(ArgumentError, match=re.escape(message)):
        client.push_prompt("support", object=object)
    assert client.get_prompt("support") is None


def test_a_wrong_name_is_answered_with_near_ones(client: Client) -> None:
    client.push_prompt("support", object="One", commit_tags="prod")
    with pytest.raises(LangSmithNotFoundError, match=r"No prompt 'suport'.*Did you mean 'support'\?"):
        client.pull_prompt("suport")
    with pytest.raises(LangSmithNotFoundError, match=r"no commit or tag 'prd'\. Did you mean 'prod'\?"):
        client.pull_prompt("support:prd")
    with pytest.raises(LangSmithNotFoundError):
        client.create_commit("nobody", "x")
    with pytest.raises(ArgumentError, match=r"The prompt can't be named '\.\./x'"):
        client.push_prompt("../x", object="One")
    with pytest.raises(ArgumentError, match="names the commit or tag 'prod', which stays"):
        client.push_prompt("support:prod", object="Two")
    with pytest.raises(ConflictError, match="'Support' differs from 'support' in capitals alone"):
        client.push_prompt("Support", object="Two")
    with pytest.raises(ArgumentError, match="The tag 'latest' stands for what is current"):
        client.push_prompt("support", object="Two", commit_tags="latest")
    with pytest.raises(ArgumentError, match=r"unknown keyword 'objects'\. Did you mean 'object'"):
        client.push_prompt("support", objects="Two")
    assert client.pull_prompt("support") == "One"
    assert client.get_prompt("nobody") is None


def test_prompts_are_made_described_listed_and_deleted(client: Client, folder: Path) -> None:
    client.create_prompt("support", description="Answers", tags=["mail"])
    with pytest.raises(ConflictError, match="'support' is there already"):
        client.create_prompt("support")
    client.push_prompt("sales", object="Sell", is_public=False)
    client.create_commit("support", "Answer", tags="v1", description="first")
    client.update_prompt("sales", is_archived=True)

    assert [prompt.full_name for prompt in client.list_prompts()] == ["support"]
    assert client.list_prompts(is_archived=None).total == 2
    assert [prompt.repo_handle for prompt in client.list_prompts(query="MAIL").repos] == ["support"]
    with pytest.raises(ArgumentError, match="Can't sort by 'name'"):
        client.list_prompts(sort_field="name")
    assert client.like_prompt("support") == client.unlike_prompt("support") == {"likes": 0}
    client.delete_prompt("support")
    client.delete_prompt("sales")
    assert [path for path in folder.rglob("*") if path.is_file()] == []


@pytest.mark.parametrize(
    ("content", "message"),
    [("{", "is no YAML"), ("just text", "A prompt is a text"), ("- 3", "Message 1 is 3")],
)
def test_a_damaged_file_is_said_with_its_place(
    client: Client, folder: Path, content: str, message: str
) -> None:
    folder.mkdir()
    (folder / "support.yaml").write_text(content)
    with pytest.raises(StoreError, match=rf"support\.yaml'.*{message}"):
        client.pull_prompt("support")


def test_a_damaged_commit_is_said_with_its_place(client: Client, folder: Path) -> None:
    url = client.push_prompt("support", object="One")
    (folder / ".commits" / "support" / f"{url.commit_hash}.yaml").write_text("kind: song\n")
    with pytest.raises(LlmobsError, match=rf"{url.commit_hash}\.yaml' is damaged"):
        client.pull_prompt("support:latest")


def test_a_template_of_langchain_needs_langchain(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    manifest = {"lc": 1, "type": "constructor", "id": ["langchain", "PromptTemplate"], "kwargs": {}}

    class Template:
        __module__ = "langchain_core.prompts"

    class Load:
        @staticmethod
        def dumps(template: Template) -> str:
            return json.dumps(manifest)

        @staticmethod
        def load(manifest: Any) -> Any:
            return manifest

    monkeypatch.setitem(sys.modules, "langchain_core.load", Load)  # type: ignore[arg-type]
    monkeypatch.setitem(sys.modules, "langchain_core", Load)  # type: ignore[arg-type]
    client.push_prompt("template", object=Template())
    assert client.pull_prompt("template") == manifest
    monkeypatch.setitem(sys.modules, "langchain_core.load", None)  # type: ignore[arg-type]
    with pytest.raises(StoreError, match="install langchain-core to pull it"):
        client.pull_prompt("template")


PUSHING = """
import sys
from pytest_llmobs.client.client import Client

client = Client()
print("ready", flush=True)
sys.stdin.readline()
for number in range(10):
    client.push_prompt("support", object=f"{sys.argv[1]} {number}")
"""


def test_processes_that_push_at_once_lose_no_commit(client: Client) -> None:
    run_at_once(PUSHING, range(3))
    every = list(client.list_prompt_commits("support"))
    assert len(every) == 30
    for commit, parent in itertools.pairwise(every):
        assert commit.parent_commit_hash == parent.commit_hash
    assert client.pull_prompt("support") == every[0].manifest


def test_branches_that_push_merge_without_a_conflict(client: Client, folder: Path) -> None:
    def git(*words: str) -> None:
        own = ["-c", "user.name=x", "-c", "user.email=x@example.invalid", "-c", "init.defaultBranch=main"]
        subprocess.run(["git", *own, *words], check=True, capture_output=True)

    client.push_prompt("support", object="One")
    git("init")
    git("add", "-A")
    git("commit", "-m", "one")
    git("checkout", "-b", "other")
    client.push_prompt("support", object="Two", commit_tags="two")
    git("add", "-A")
    git("commit", "-m", "two")
    git("checkout", "main")
    (folder / ".commits" / "support").mkdir(exist_ok=True)
    client.push_prompt("sales", object="Sell", commit_tags="v1")
    git("add", "-A")
    git("commit", "-m", "sales")
    git("merge", "other")
    assert client.pull_prompt("support:two") == client.pull_prompt("support") == "Two"
    assert client.pull_prompt("sales:v1") == "Sell"
    assert len(commits(client)) == 2


def test_evaluate_refuses_a_prompt_that_floats_where_pins_are_asked_for(client: Client, folder: Path) -> None:
    Path("pytest.ini").write_text("[pytest]\nllm_require_pinned_prompts = true\n")
    hash = client.push_prompt("support", object="Hello {name}").commit_hash
    early = pull_prompt("support")

    def floats(inputs: dict[str, Any]) -> str:
        return str(pull_prompt("support").format(**inputs))

    def was_pulled_early(inputs: dict[str, Any]) -> str:
        return str(early.format(**inputs))

    def is_pinned(inputs: dict[str, Any]) -> str:
        return str(pull_prompt("support", commit_hash=hash).format(**inputs))

    for target, is_refused in ((floats, True), (was_pulled_early, True), (is_pinned, False)):
        (row,) = evaluate(target, data=[{"inputs": {"name": "you"}}], client=Client(), upload_results=False)
        assert ("PinError" in (row["run"].error or "")) == is_refused
    assert pull_prompt("support").format(name="you") == "Hello you"


def test_threads_that_pull_an_edit_at_once_name_one_commit(client: Client, folder: Path) -> None:
    folder.mkdir()
    hashes = set()
    for number in range(5):
        (folder / "support.md").write_text(f"Edit {number}.")
        with ThreadPoolExecutor(8) as pool:
            pulled = list(pool.map(client.pull_prompt, ["support"] * 16))
        (commit,) = {prompt.commit_hash for prompt in pulled}
        hashes.add(commit)
    assert hashes == set(commits(client))


def test_a_prompt_that_is_not_there_is_told_by_what_explains_it(client: Client, folder: Path) -> None:
    missing = f"No prompt 'chat' in {str(folder)!r}."
    assert refusal(client, "chat") == (
        f"{missing} None is known. There is no such folder. It is looked for where the pytest configuration lies, from "
        "the current folder upwards; LLMOBS_PROMPT_DIR names another one."
    )
    folder.mkdir()
    assert refusal(client, "chat") == (
        f"{missing} None is known. Write 'chat.md' there, or push_prompt('chat', object=…)."
    )
    (folder / "chat.yml").write_text("- role: user")
    assert refusal(client, "chat") == (
        f"{missing} None is known. 'chat.yml' is none: rename it. A text ends in .md or .txt, messages in .yaml."
    )
    (folder / "chats.md").write_text("Hello")
    (folder / "chat.yml").unlink()
    assert refusal(client, "chat") == f"{missing} Did you mean 'chats'? Known: chats."


def test_a_text_in_yaml_that_begins_with_a_brace_is_to_stand_in_quotes(client: Client, folder: Path) -> None:
    folder.mkdir()
    (folder / "chat.yaml").write_text("- role: user\n  content: {question}\n")
    assert refusal(client, "chat").endswith(
        "In YAML a text that begins with a brace stands in quotes: '{question}'."
    )


def refusal(client: Client, name: str) -> str:
    with pytest.raises(LlmobsError) as refused:
        client.pull_prompt(name)
    return str(refused.value)


def test_an_example_of_a_tool_call_has_no_content_of_its_own(client: Client, tmp_path: Path) -> None:
    """OpenAI's form of few-shot messages: a call of a tool and what the tool said."""
    call = {"id": "c1", "type": "function", "function": {"name": "find", "arguments": '{"q": "refund"}'}}
    messages = [
        {"role": "user", "content": "Where is {order}?"},
        {"role": "assistant", "content": None, "tool_calls": [call]},
        {"role": "tool", "tool_call_id": "c1", "content": "shipped"},
    ]
    client.push_prompt("chat", object=messages)
    filled = client.pull_prompt("chat").format_messages(order="A1")
    assert [message["content"] for message in filled] == ["Where is A1?", None, "shipped"]
    assert filled[1]["tool_calls"] == [call]
    with pytest.raises(ArgumentError, match="Message 1 has the content None"):
        client.push_prompt("chat", object=[{"role": "assistant", "content": None}])
