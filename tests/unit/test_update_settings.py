"""What ``--llm-update-baseline`` may say."""

from __future__ import annotations

from typing import Any

import pytest

from pytest_llmobs.errors import SettingsError
from pytest_llmobs.settings import Option, Settings, read_settings


def read(update: Any) -> Settings:
    def value_of(option: Option) -> tuple[Any, str]:
        if option.name == "update_baseline":
            return update, option.ini
        return option.default, option.flag

    return read_settings(value_of, {})


@pytest.mark.parametrize(
    ("text", "meaning"),
    [
        ("", ""),
        ("replace", "replace"),
        ("add", "add"),
        ("true", "replace"),
        ("True", "replace"),
        ("false", ""),
    ],
)
def test_a_switch_of_version_1_is_read_as_it_was_meant(text: str, meaning: str) -> None:
    assert read(text).update_baseline == meaning


def test_another_word_is_refused_with_those_there_are() -> None:
    message = "Unknown value 'append' for llm_update_baseline. Known: add, replace."
    with pytest.raises(SettingsError, match=message):
        read("append")
