"""A shop's support bot as it has run for a while: its users' data lies in every place there is.

``python retention_shop.py`` in an empty folder is its time in production, with an Anthropic server in the environment;
the test session follows, then ``commit_and_record``.
"""

from __future__ import annotations

import base64
import json
import os
import subprocess
import sys
from pathlib import Path

ANN, BOB = "ann-4711", "bob-0815"
QUESTIONS = {
    ANN: "Why was my card ending in 4242 charged twice for the blue bicycle?",
    BOB: "Does the brass lamp come with a bulb, or do I have to buy one?",
}
FILES = {
    "pytest.ini": "[pytest]\nllm_keep_media = true\n",
    "support_bot.py": """\
import anthropic
from pytest_llmobs import traceable

client = anthropic.Anthropic()


@traceable
def support_agent(question, picture=None):
    content = [{"type": "text", "text": question}]
    if picture:
        source = {"type": "base64", "media_type": "image/png", "data": picture}
        content.append({"type": "image", "source": source})
    message = client.messages.create(
        model="claude-haiku-4-5", max_tokens=50, messages=[{"role": "user", "content": content}]
    )
    return f"You asked: {question} {message.content[0].text}"
""",
    "test_support.py": """\
import pytest
from support_bot import support_agent


@pytest.mark.llm_dataset("regressions.jsonl", target=support_agent)
def test_support(example, llm_run):
    assert llm_run.outputs["output"].startswith("You asked")
""",
}


def main() -> None:
    for name, text in FILES.items():
        Path(name).write_text(text, encoding="utf-8")
    sys.path.insert(0, str(Path.cwd()))
    production()
    curated()


def production() -> None:
    """Serve two users, who give feedback; somebody looks at one of the runs."""
    os.environ |= {"LLMOBS_TRACING": "true", "LLMOBS_PROJECT": "production", "LLMOBS_KEEP_MEDIA": "true"}
    from support_bot import support_agent

    from pytest_llmobs import Client, tracing_context

    for user, question in QUESTIONS.items():
        picture = base64.b64encode(b"\x89PNG\r\n\x1a\n" + user.encode() * 9).decode()
        with tracing_context(metadata={"user_id": user}):
            support_agent(question, picture)
    client = Client()
    client.flush()
    queue = client.create_annotation_queue(name="complaints")
    for run in client.list_runs(project_name="production", is_root=True):
        question = run.inputs["question"]
        comment = f"This says nothing about: {question}"
        client.create_feedback(run.id, "user_rating", score=0, comment=comment)
        client.add_runs_to_annotation_queue(queue.id, run_ids=[run.id])
    client.flush()
    del os.environ["LLMOBS_TRACING"]


def curated() -> None:
    """Make examples of what went wrong, one of them twice edited."""
    from pytest_llmobs import Client

    client = Client()
    client.create_dataset("regressions")
    for run in client.list_runs(project_name="production", is_root=True):
        example = client.create_example(
            {"question": run.inputs["question"]}, dataset_name="regressions", source_run_id=run.id
        )
        client.update_example(example.id, metadata={"reason": "rated 0"})
    client.create_example(
        {"question": "When do you open on Sundays, and where is it?"}, dataset_name="regressions"
    )


def commit_and_record(folder: Path) -> None:
    """Commit everything; then keep a recorded reply, and a judge's verdict, for each user."""
    git(folder, "init", "-q", "-b", "main")
    git(folder, "add", "-A")
    git(folder, "commit", "-qm", "Add regressions from production")
    for user, question in QUESTIONS.items():
        reply = {"request": {"messages": [{"role": "user", "content": question}]}, "reply": "I am sorry."}
        write(folder / "llm-cassettes" / "anthropic" / f"{user[:3]}.json", reply)
        verdict = {"reason": f"{user} is not answered."}
        write(folder / ".llmobs" / "judgements" / user[:2] / f"{user[:3]}.json", verdict)


def write(path: Path, value: object) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(value), encoding="utf-8")


def git(folder: Path, *words: str) -> None:
    identity = ("-c", "user.name=Tester", "-c", "user.email=tester@example.org", "-c", "commit.gpgsign=false")
    subprocess.run(["git", *identity, *words], cwd=folder, check=True)


if __name__ == "__main__":
    main()
