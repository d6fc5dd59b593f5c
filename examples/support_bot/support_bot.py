"""The application under test: a support agent on Claude, with its prompt in a file. It knows nothing about tests."""

import os
from functools import cache

from anthropic import Anthropic

from pytest_llmobs import pull_prompt

MODEL = "claude-haiku-5-5"


def support_agent(customer_name: str, query: str) -> str:
    """Answer one message of one customer."""
    message = client().messages.create(
        model=MODEL,
        max_tokens=400,
        system=prompt().format(customer_name=customer_name),
        messages=[{"role": "user", "content": query}],
    )
    return "".join(block.text for block in message.content if block.type == "text")


def prompt():
    """Return the system prompt that is in production; the variable SUPPORT_PROMPT names another one, or a version."""
    return pull_prompt(os.environ.get("SUPPORT_PROMPT", "support:production"))


@cache
def client() -> Anthropic:
    """Return the one client of the process: it is safe in threads and reuses its connections."""
    return Anthropic()
