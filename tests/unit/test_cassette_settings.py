"""What ``llm_cassette_ignore_headers`` may hold."""

from __future__ import annotations

from typing import Any

import pytest

from pytest_llmobs.errors import SettingsError
from pytest_llmobs.settings import Option, Settings, read_settings


def read(names: list[Any]) -> Settings:
    def value_of(option: Option) -> tuple[Any, str]:
        if option.name == "cassette_ignore_headers":
            return names, option.ini
        return option.default, option.flag

    return read_settings(value_of, {})


def test_names_of_headers_are_compared_in_lower_case() -> None:
    assert read(["X-Team, x-source", "X-Build"]).cassette_ignore_headers == ("x-team", "x-source", "x-build")


@pytest.mark.parametrize("name", ["X-Team: blue", "two words", "ä"])
def test_what_is_no_name_of_a_header_is_refused(name: str) -> None:
    message = f"llm_cassette_ignore_headers holds '{name}', which is no name of a header. Write names alone"
    with pytest.raises(SettingsError, match=message):
        read([name])
