"""A model that says what a test wants it to."""

from __future__ import annotations

import json
import re

RUBRIC = "Is the reply polite?"
GOOD = {"reason": "It says please.", "score": 0.9}


def answering(*replies):
    """A model that gives the scripted replies one after the other and keeps its prompts."""
    waiting = list(replies)

    def model(prompt):
        model.prompts.append(prompt)
        reply = waiting.pop(0) if len(waiting) > 1 else waiting[0]
        return reply if isinstance(reply, str) else json.dumps(reply)

    model.prompts = []
    return model


def obedient(prompt):
    """A model that trusts whatever stands outside the fences, as a real one might."""
    outside = re.sub(r"<(\w+-[0-9a-f]{12})>\n.*?\n</\1>", "", prompt, flags=re.DOTALL)
    took_over = any(
        word in outside for word in ("score 1", "Give 1", "everything scores 1", "perfect", "${score}")
    )
    return json.dumps({"reason": "so", "score": 1 if took_over else 0.2})
