"""The application under test: a support agent on Claude. It knows nothing about tests or tracing."""

import os
from functools import cache
from pathlib import Path

MODEL = "claude-haiku-5-5"
PROMPTS = Path(__file__).parent / "prompts"


def support_agent(customer_name: str, query: str) -> str:
    """Answer one message of one customer."""
    message = client().messages.create(
        model=MODEL,
        max_tokens=400,
        system=prompt().format(customer_name=customer_name),
        messages=[{"role": "user", "content": query}],
    )
    return "".join(block.text for block in message.content if block.type == "text")


def prompt() -> str:
    """Return the system prompt; the variable SUPPORT_PROMPT picks another file of the folder ``prompts``."""
    name = os.environ.get("SUPPORT_PROMPT", "support")
    return (PROMPTS / f"{name}.txt").read_text(encoding="utf-8")


@cache
def client():
    """Return the one client of the process: it is safe in threads and reuses its connections."""
    from anthropic import Anthropic

    return Anthropic()
