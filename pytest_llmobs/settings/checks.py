"""What single options may say, and what they may not say together."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from pytest_llmobs.errors import SettingsError

_HEADER_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
"""RFC 9110's token."""
CASSETTE_MODES = ("off", "reuse", "refresh", "only")
"""What ``--llm-cassettes`` takes."""
REPLACE, ADD = "replace", "add"
"""What is done with the baselines' rows of what runs, where they are recorded."""


def words(text: str) -> tuple[str, ...]:
    """Return the words between the commas of ``text``."""
    return tuple(word.strip() for word in text.split(",") if word.strip())


def parse_shard(value: str, where: str) -> str:
    """Return ``I/N``, which part of how many; raises ``SettingsError`` for anything else."""
    if not value:
        return value
    number, _, count = map(str.strip, value.partition("/"))
    if not (number.isdecimal() and count.isdecimal()):
        raise SettingsError(
            f"{where} is {value!r}; write I/N, which part this is and how many there are, such as 2/4."
        )
    last = int(count)
    if last == 0:
        raise SettingsError(f"{where} is {value!r}; there must be one part at least.")
    if not 1 <= int(number) <= last:
        raise SettingsError(f"{where} is {value!r}; the parts of {last} are 1/{last} to {last}/{last}.")
    return f"{int(number)}/{last}"


def parse_update(value: str, where: str) -> str:
    """Return how a baseline is recorded, empty for not at all; raises ``SettingsError`` for anything else."""
    switch = {"true": REPLACE, "false": ""}.get(value.lower(), value)  # as ini files of version 1 have it
    if switch in ("", REPLACE, ADD):
        return switch
    from pytest_llmobs.wording import known, nearest  # every session of pytest loads this module

    choices = (REPLACE, ADD)
    raise SettingsError(f"Unknown value {value!r} for {where}.{nearest(value, choices)} {known(choices)}")


def parse_fail_on(value: str, where: str) -> str:
    """Return the verdicts that make a build red; raises ``SettingsError`` for anything else."""
    verdicts = ("regressed", "inconclusive", "drifted")
    for word in words(value):
        if word not in verdicts:
            from pytest_llmobs.wording import known, nearest  # every session of pytest loads this module

            raise SettingsError(
                f"Unknown value {word!r} for {where}.{nearest(word, verdicts)} {known(verdicts)}"
            )
    return ", ".join(words(value)) or "regressed"


def parse_header_names(names: tuple[str, ...], where: str) -> tuple[str, ...]:
    """Return names of headers in lower case; raises ``SettingsError`` where one is none."""
    for name in names:
        if _HEADER_NAME.fullmatch(name) is None:
            raise SettingsError(
                f"{where} holds {name!r}, which is no name of a header. Write names alone, one a line, such "
                "as x-request-source."
            )
    return tuple(name.lower() for name in names)


def check_as_of(values: Mapping[str, Any]) -> None:
    """Refuse to record a baseline of data that isn't today's; raises ``SettingsError``."""
    if values["as_of"] and values["update_baseline"]:
        raise SettingsError(
            f"A baseline is recorded with the datasets as they are now, not as of {values['as_of']!r}: leave out "
            "--llm-as-of (llm_as_of), or check out the commit that had that data."
        )


def check_shard(values: Mapping[str, Any]) -> None:
    """Refuse a part of what has no parts, or whose parts would not be found; raises ``SettingsError``."""
    if not values["shard"]:
        return
    option = f"--llm-shard {values['shard']}"
    if values["update_baseline"]:
        raise SettingsError(
            f"{option} runs a part, and --llm-update-baseline records whole suites. Record on one machine, without "
            "--llm-shard."
        )
    if not values["experiment"]:
        raise SettingsError(f"{option} runs a part of an experiment. Add --llm-experiment.")
    if not values["name"]:
        raise SettingsError(
            f"{option} needs --llm-name, the same on every machine and new for every build (the CI's build number): "
            "it tells `llmobs merge` which parts belong together."
        )
