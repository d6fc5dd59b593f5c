"""The secrets of this process's environment are known, whatever they look like and however they are written."""

from __future__ import annotations

import json
from collections import UserDict
from collections.abc import Iterator

import pytest

from pytest_llmobs.tracing.redaction.finding.environment import EnvironmentSecrets
from pytest_llmobs.tracing.redaction.secrets import Secrets

ENVIRONMENT = {
    "ACME_API_KEY": "blue-horse-42-lamp",
    "DB_PASSWORD": 'p@ss/w0rd "quoted" 77',
    "DATABASE_URL": "postgres://ann:tr0ub4dor-3@h/app",
    "HOME": "/home/ann",
    "SHORT_SECRET": "abc12",
    "EXAMPLE_TOKEN": "<your token>",
    "SECRET_PATH_KEY": "/etc/keys/server.pem",
    "LANGUAGE": "blue-green-language",
    "MODE_SECRET": "development",
}


def redact(text: str) -> str:
    return Secrets(EnvironmentSecrets(dict(ENVIRONMENT))).redact(text)


@pytest.mark.parametrize("secret", [ENVIRONMENT["ACME_API_KEY"], ENVIRONMENT["DB_PASSWORD"], "tr0ub4dor-3"])
def test_a_known_value_is_cut_out_of_everything(secret: str) -> None:
    part = secret[-6:]
    for text in (
        f"said {secret}.",
        json.dumps({"a": f"\n{secret}"}),
        json.dumps(json.dumps({"a": secret})),
        repr([f"x\n{secret}"]),
        f"\x1b[31m{secret}\x1b[0m",
    ):
        assert part not in redact(text), text
    assert redact("said blue-horse-42-lamp.") == "said [redacted: value of ACME_API_KEY]."


@pytest.mark.parametrize(
    "name", ["HOME", "SHORT_SECRET", "EXAMPLE_TOKEN", "SECRET_PATH_KEY", "LANGUAGE", "MODE_SECRET"]
)
def test_what_is_no_secret_or_may_stand_anywhere_stays(name: str) -> None:
    assert redact(f"see {ENVIRONMENT[name]}.") == f"see {ENVIRONMENT[name]}."


def test_a_variable_that_is_removed_meanwhile_hides_no_other() -> None:
    class Shrinking(UserDict[str, str]):
        def __iter__(self) -> Iterator[str]:
            names = list(super().__iter__())
            self.pop("A_TOKEN", None)
            return iter(names)

    secrets = EnvironmentSecrets(Shrinking({"A_TOKEN": "first-value-1", "B_TOKEN": "second-value-2"}))
    assert secrets.suspects(b"second-value-2")


def test_a_variable_that_comes_later_is_known_at_once_and_one_that_changes_soon() -> None:
    environment, now = {"A_TOKEN": "first-value-1"}, [0.0]
    secrets = EnvironmentSecrets(environment, clock=lambda: now[0])
    assert secrets.suspects(b"first-value-1")
    environment["B_TOKEN"] = "second-value-2"
    assert secrets.suspects(b"second-value-2")
    environment["A_TOKEN"] = "third-value-3"
    now[0] = 1.0
    assert secrets.suspects(b"third-value-3")
    assert not secrets.suspects(b"first-value-1")
