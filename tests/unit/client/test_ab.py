"""``ab()`` over prompts in files: the version that a user gets, and what is noted on the runs."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from pytest_llmobs import ab, traceable
from pytest_llmobs.client.client import Client
from pytest_llmobs.errors import ArgumentError, NotFoundError
from pytest_llmobs.tracing.active import install, uninstall
from pytest_llmobs.tracing.tracer import Tracer
from tests.unit.tracing.memory import MemorySink

WEIGHTS = {"control": 80, "treatment": 20}
CONTROLLED, TREATED = "user-0", "user-3"


@pytest.fixture
def prompts(client: Client) -> dict[str, str]:
    """A prompt with two tagged commits; return their hashes."""
    hashes = {}
    for tag in WEIGHTS:
        url = client.push_prompt("support", object=f"{tag}: help {{customer}}.", commit_tags=tag)
        assert url.commit_hash is not None
        hashes[tag] = url.commit_hash
    return hashes


@pytest.fixture
def sink() -> Iterator[MemorySink]:
    kept = MemorySink()
    install(Tracer(project="production", sink=kept))
    yield kept
    uninstall()


def test_a_user_gets_the_version_of_the_arm(prompts: dict[str, str]) -> None:
    variant, prompt = ab("support", key=TREATED, weights=WEIGHTS)
    assert variant == "treatment"
    assert prompt.commit_hash == prompts["treatment"]
    assert prompt.format(customer="Ada") == "treatment: help Ada."
    assert ab("support", key=CONTROLLED, weights=WEIGHTS).prompt.commit_hash == prompts["control"]


def test_arms_may_be_hashes(prompts: dict[str, str]) -> None:
    hashes = [hash[:8] for hash in prompts.values()]
    arm = ab("support", key=TREATED, weights={hashes[0]: 0, hashes[1]: 1})
    assert (arm.variant, arm.prompt.commit_hash) == (hashes[1], prompts["treatment"])
    named = ab("support", key=TREATED, weights={"short": 1}, arms={"short": hashes[0]})
    assert (named.variant, named.prompt.commit_hash) == ("short", prompts["control"])


def test_the_arm_is_noted_on_the_run_and_those_around_it(prompts: dict[str, str], sink: MemorySink) -> None:
    @traceable
    def choose(customer: int) -> str:
        return ab("support", key=customer, weights=WEIGHTS).variant

    @traceable
    def search() -> None: ...

    @traceable
    def answer() -> str:
        variant = choose(20_261_130)
        search()
        return variant

    answer()
    for name in ("choose", "answer"):
        metadata = sink.run(name).metadata
        assert metadata["ab.support"] == sink.run("answer").outputs["output"]
        assert metadata["ab.support.weights"] == '{"control":80,"treatment":20}'
        assert len(metadata["ab.support.unit"]) == 16
        assert "20261130" not in str(metadata)
    assert "ab.support" not in sink.run("search").metadata


def test_a_prompt_chosen_outside_a_run_is_noted_where_it_is_filled(
    prompts: dict[str, str], sink: MemorySink
) -> None:
    variant, prompt = ab("support", key=TREATED, weights=WEIGHTS)
    assert prompt.arm == variant

    @traceable
    def answer() -> str:
        return prompt.format(customer="Ada")

    @traceable
    def unconcerned() -> None: ...

    answer()
    unconcerned()
    metadata = sink.run("answer").metadata
    assert metadata["ab.support"] == "treatment"
    assert metadata["prompt.support"] == prompts["treatment"]
    assert "ab.support" not in sink.run("unconcerned").metadata


def test_asked_twice_a_run_says_it_once(prompts: dict[str, str], sink: MemorySink) -> None:
    @traceable
    def answer() -> None:
        first = ab("support", key=CONTROLLED, weights=WEIGHTS)
        assert ab("support", key=CONTROLLED, weights=WEIGHTS) == first

    answer()
    assert sink.run("answer").metadata["ab.support.weights"] == '{"control":80,"treatment":20}'


def test_a_tag_that_is_none_names_the_nearest(prompts: dict[str, str], sink: MemorySink) -> None:
    with pytest.raises(
        NotFoundError, match=r"Nobody can get the arm 'treatmnet'\. .*Did you mean 'treatment'\?"
    ):
        ab("support", key=1, weights={"control": 80, "treatmnet": 20})


@pytest.mark.parametrize("prompt", ["support:control", "", None])
def test_the_prompt_is_named_alone(prompts: dict[str, str], prompt: str) -> None:
    with pytest.raises(ArgumentError, match="name"):
        ab(prompt, key=1, weights=WEIGHTS)


def test_an_unknown_prompt_names_the_nearest(prompts: dict[str, str]) -> None:
    with pytest.raises(NotFoundError, match=r"No prompt 'suport'.*Did you mean 'support'\?"):
        ab("suport", key=1, weights=WEIGHTS)
