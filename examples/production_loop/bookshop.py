"""The application: a support agent whose facts stand in its prompt. It knows nothing about tests or reviews.

No model is asked here: a few lines stand in for one, so that the loop runs offline and says the same each time.
"""

from pytest_llmobs import get_current_run_tree, pull_prompt, traceable

UNSURE = "I will ask a colleague."


@traceable
def answer(question: str) -> dict[str, str]:
    """Answer one question of one customer."""
    reply, confidence = model(pull_prompt("bookshop").format(), question)
    run = get_current_run_tree()
    if run is not None:
        run.add_metadata({"confidence": confidence})
    return {"answer": reply}


@traceable
def model(system: str, question: str) -> tuple[str, float]:
    """Return the first fact of the prompt that speaks of the question, and how sure that is: the stand-in."""
    for line in system.splitlines():
        topics, _, fact = line.removeprefix("- ").partition(": ")
        if line.startswith("- ") and any(topic in question.lower() for topic in topics.split(", ")):
            return fact, 0.9
    return UNSURE, 0.2
