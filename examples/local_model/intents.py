"""The application under test: sorts customers' messages by topic, with a model of 135 million parameters.

So small a model follows no instructions, but it continues a list. Hence the labelled messages in the prompt and the
opened last line in the assistant's turn, which the model completes with a topic.
"""

import os
from functools import cache
from pathlib import Path

from anthropic import Anthropic

PROMPTS = Path(__file__).parent / "prompts"


def classify(message: str) -> dict[str, str]:
    """Return the topic of one message."""
    opened = f"{prompt()}Message: {message} Topic:"
    reply = client().messages.create(
        model="smollm2-135m-instruct",
        max_tokens=3,
        system="You sort messages.",
        messages=[
            {"role": "user", "content": "Complete the list."},
            {"role": "assistant", "content": opened},
        ],
        extra_body={"temperature": 0},
    )
    # this server repeats what the turn was opened with
    words = reply.content[0].text.removeprefix(opened).split()
    return {"intent": words[0].strip(".,").lower() if words else ""}


def prompt() -> str:
    """Return the labelled messages; the variable INTENT_PROMPT picks another file of the folder ``prompts``."""
    name = os.environ.get("INTENT_PROMPT", "intents")
    return (PROMPTS / f"{name}.txt").read_text(encoding="utf-8")


@cache
def client() -> Anthropic:
    """Return the one client of the process."""
    return Anthropic()
