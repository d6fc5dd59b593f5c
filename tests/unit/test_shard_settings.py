"""What ``--llm-shard`` may say."""

from __future__ import annotations

from typing import Any

import pytest

from pytest_llmobs.errors import SettingsError
from pytest_llmobs.settings import Option, Settings, read_settings


def read(**given: Any) -> Settings:
    def value_of(option: Option) -> tuple[Any, str]:
        return given.get(option.name, option.default), option.flag

    return read_settings(value_of, {})


def part(shard: str, **more: Any) -> Settings:
    return read(shard=shard, **{"experiment": True, "name": "nightly", **more})


@pytest.mark.parametrize("text", ["1/1", "2/4", "4/4", " 02 / 4 "])
def test_a_part_of_a_whole_is_read(text: str) -> None:
    assert part(text).shard in ("1/1", "2/4", "4/4")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("0/4", "--llm-shard is '0/4'; the parts of 4 are 1/4 to 4/4."),
        ("5/4", "--llm-shard is '5/4'; the parts of 4 are 1/4 to 4/4."),
        ("1/0", "--llm-shard is '1/0'; there must be one part at least."),
        ("x", "--llm-shard is 'x'; write I/N, which part this is and how many there are, such as 2/4."),
        ("2", "--llm-shard is '2'; write I/N"),
        ("-1/4", "--llm-shard is '-1/4'; write I/N"),
        ("1/2/3", "--llm-shard is '1/2/3'; write I/N"),
    ],
)
def test_anything_else_is_refused_with_what_would_do(text: str, message: str) -> None:
    with pytest.raises(SettingsError) as caught:
        part(text)
    assert str(caught.value).startswith(message)


def test_a_part_needs_a_name_that_tells_which_parts_belong_together() -> None:
    with pytest.raises(SettingsError, match="--llm-shard 2/4 needs --llm-name, the same on every machine"):
        part("2/4", name="")


def test_a_part_records_no_baseline() -> None:
    with pytest.raises(SettingsError, match="--llm-update-baseline records whole suites"):
        part("2/4", update_baseline="replace")


def test_only_an_experiment_has_parts() -> None:
    with pytest.raises(SettingsError, match="Add --llm-experiment"):
        part("2/4", experiment=False)
