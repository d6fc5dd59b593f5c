"""An app that states its model and its tokens, and nothing of what they cost, gets the listed price."""

from __future__ import annotations

from typing import Any

import pytest

from pytest_llmobs.providers.prices import price, price_stated
from pytest_llmobs.tracing.run_tree import start_root
from pytest_llmobs.tracing.tracer import Tracer
from tests.unit.tracing.memory import MemorySink

TOKENS = {"input_tokens": 1_000, "output_tokens": 100}
CACHED = {**TOKENS, "input_token_details": {"cache_read": 400, "cache_creation": 100}}


def stored(usage: Any, **model: str) -> Any:
    """Return the run of a model call that states this."""
    sink = MemorySink()
    tracer = Tracer(project="unit", sink=sink)
    tracer.know_prices(price_stated)
    run = start_root(
        tracer, "chat", run_type="llm", metadata={f"ls_{key}": name for key, name in model.items()}
    )
    run.end(outputs={"usage_metadata": usage})
    return sink.run("chat")


@pytest.mark.parametrize(
    ("provider", "listed", "model"),
    [
        ("openai", "openai", "gpt-4o-mini"),
        ("anthropic", "anthropic", "claude-haiku-4-5"),
        ("google_genai", "gcp.gen_ai", "gemini-2.5-flash"),
    ],
)
def test_stated_tokens_of_a_known_model_are_priced(provider: str, listed: str, model: str) -> None:
    run = stored(TOKENS, provider=provider, model_name=model)
    assert run.total_cost is not None
    assert float(run.total_cost) == pytest.approx(price(listed, [model], TOKENS).cost)


def test_tokens_of_the_cache_cost_what_the_list_says() -> None:
    run = stored(CACHED, provider="anthropic", model_name="claude-haiku-4-5")
    used = {**TOKENS, "cache_read_tokens": 400, "cache_write_tokens": 100}
    assert float(run.total_cost) == pytest.approx(price("anthropic", ["claude-haiku-4-5"], used).cost)


@pytest.mark.parametrize(
    ("usage", "model"),
    [
        (TOKENS, {"provider": "openai", "model_name": "mine-1"}),
        (TOKENS, {"provider": "mine", "model_name": "mine-1"}),
        (TOKENS, {"model_name": "gpt-4o-mini"}),
        (
            {**TOKENS, "input_token_details": {"audio": 3}},
            {"provider": "openai", "model_name": "gpt-4o-mini"},
        ),
    ],
)
def test_what_the_list_cannot_tell_has_no_cost(usage: Any, model: dict[str, str]) -> None:
    run = stored(usage, **model)
    assert (run.total_tokens, run.total_cost) == (1_100, None)


def test_a_stated_cost_stands() -> None:
    usage = {**TOKENS, "total_cost": 0.5}
    assert float(stored(usage, provider="openai", model_name="gpt-4o-mini").total_cost) == 0.5
