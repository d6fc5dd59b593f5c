"""What calls cost; what isn't known is None."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from pytest_llmobs.providers.prices import price

MILLION = {"input_tokens": 1_000_000}
AUTUMN = datetime(2026, 11, 1, tzinfo=UTC)


def test_a_known_model() -> None:
    cost, version, unknown, *_ = price(
        "anthropic", ["claude-3-haiku-20240307"], {"input_tokens": 1000, "output_tokens": 100}
    )
    assert unknown is None
    assert cost == pytest.approx((1000 * 0.25 + 100 * 1.25) / 1e6)
    assert version.startswith("genai-prices ")


def test_the_first_name_that_is_known_counts() -> None:
    cost = price("anthropic", ["my-alias", "claude-3-haiku-20240307"], MILLION).cost
    assert cost == pytest.approx(0.25)


@pytest.mark.parametrize(
    ("provider", "models"),
    [
        ("anthropic", ["tiny-local"]),
        ("anthropic", []),
        ("nobody", ["claude-3-haiku-20240307"]),
        ("anthropic", ["gpt-4o"]),
    ],
)
def test_what_is_unknown_costs_nothing_that_could_be_added(provider: str, models: list[str]) -> None:
    assert price(provider, models, MILLION)[0] is None


def test_no_tokens_cost_nothing() -> None:
    assert price("anthropic", ["claude-3-haiku-20240307"], {"input_tokens": 0, "output_tokens": None})[0] == 0


def test_a_batch_costs_half_where_the_list_says_so_and_else_is_unknown() -> None:
    batch = {"processing": "batch"}
    single = price("anthropic", ["claude-sonnet-5"], MILLION, when=AUTUMN).cost
    batched = price("anthropic", ["claude-sonnet-5"], MILLION, when=AUTUMN, variant=batch).cost
    assert single is not None
    assert batched == pytest.approx(single / 2)
    assert price("anthropic", ["claude-2.1"], MILLION, variant=batch)[0] is None


def test_clouds_have_their_own_prices() -> None:
    bedrock = price("aws.bedrock", ["eu.anthropic.claude-sonnet-4-5-20250929-v1:0"], MILLION).cost
    vertex = price("gcp.vertex_ai", ["claude-sonnet-4-5@20250929"], {"input_tokens": 1000}).cost
    assert bedrock == pytest.approx(3.3)
    assert vertex == pytest.approx(0.003)


def test_searches_and_hour_long_caches_are_counted() -> None:
    names = ["claude-sonnet-4-5-20250929"]
    usage = {
        "input_tokens": 1000,
        "cache_write_tokens": 1000,
        "cache_write_1h_tokens": 1000,
        "web_searches": 2,
    }
    cost = price("anthropic", names, usage).cost
    assert cost == pytest.approx(1000 * 6 / 1e6 + 2 * 0.01)


def test_input_and_output_are_priced_apart() -> None:
    found = price("anthropic", ["claude-3-haiku-20240307"], {**MILLION, "output_tokens": 1_000_000})
    assert (found.cost, found.input_cost, found.output_cost) == (1.5, 0.25, 1.25)


def test_what_is_unknown_as_a_whole_is_unknown_in_its_parts() -> None:
    found = price("anthropic", ["no-such-model"], MILLION)
    assert (found.input_cost, found.output_cost) == (None, None)
