"""The application under test: sorts customers' messages by topic, with a model of 135 million parameters.

So small a model follows no instructions, but it continues a list. Hence the labelled messages in the prompt and the
opened last line in the assistant's turn, which the model completes with a topic.
"""

import os
from functools import cache

from anthropic import Anthropic

from pytest_llmobs import pull_prompt


def classify(message: str) -> dict[str, str]:
    """Return the topic of one message."""
    opened = prompt().format(message=message)
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


def prompt():
    """Return the labelled messages; the variable INTENT_PROMPT picks another file of the folder ``prompts``."""
    return pull_prompt(os.environ.get("INTENT_PROMPT", "intents"))


@cache
def client() -> Anthropic:
    """Return the one client of the process."""
    return Anthropic()
