"""The options and ini keys of the table in ``settings``, and the markers."""

from __future__ import annotations

import argparse
import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from pytest_llmobs.errors import LlmobsError, SettingsError
from pytest_llmobs.settings import OPTIONS, Option, Settings, read_settings, set_session_prompts

MARKERS = (
    "llm_dataset(source, *, target=None, evaluators=(), summary_evaluators=(), split=None, limit=None, repeat=None, "
    "cluster_by=None): "
    "run the test once for each example of a dataset",
    "llm_gate(metric, *, min_mean=None, max_drop=None, must_pass=None, rule='paired', lower_is_better=False, "
    "calibrated=None, scale=None): how a metric of this test gates the build",
)
CONFIRMING = "LLMOBS_CONFIRMING"
"""Environment variable that makes a session a confirming one; holds the path of its plan."""

_OF_EXPERIMENTS = ("name", "baseline", "confirm", "report", "store", "shard")
"""Options that plain pytest has no use for."""
_AT_FAILURE = ("maxfail", "stepwise", "usepdb", "trace")
"""Options of pytest's that act on the first failure."""

_ARGPARSE_TYPES: dict[str, Any] = {"int": int, "float": float, "string": str}

_KINDS = {
    "int": "a whole number",
    "float": "a number",
    "bool": "true or false",
    "linelist": "a list of words",
}
"""The ini types of pytest, as messages call them."""


def register(parser: pytest.Parser) -> None:
    """Add every option of the table to pytest's command line and ini file."""
    group = parser.getgroup("llmobs", "experiments with LLM applications (pytest-llmobs)")
    for option in OPTIONS:
        kind: Any = option.kind
        parser.addini(option.ini, option.help, type=kind, default=option.default)
        if option.ini_only:
            continue
        if option.bare:
            _add_switches(group, option)
            continue
        group.addoption(option.flag, dest=option.ini, default=None, help=option.help, **_shape(option))


def _add_switches(group: pytest.OptionGroup, option: Option) -> None:
    """Add an option that may stand alone, and each choice behind ``=`` as another name of it.

    To argparse a value that may be left out could be the next argument as well: the user's test file. What it says of
    any other value names all of these.
    """
    names = [option.flag]
    for choice in filter(None, option.choices):
        names.append(f"{option.flag}={choice}")
    group.addoption(
        *names, dest=option.ini, default=None, action=_Switch, const=option.bare, help=option.help
    )


class _Switch(argparse.Action):
    """Stores the choice behind the ``=`` of the name that was given, or the usual one."""

    def __init__(self, **keywords: Any) -> None:
        super().__init__(nargs=0, **keywords)

    def __call__(
        self,
        parser: argparse.ArgumentParser,
        namespace: argparse.Namespace,
        values: object,
        option_string: str | None = None,
    ) -> None:
        """Store it."""
        choice = (option_string or "").partition("=")[2]
        setattr(namespace, self.dest, choice or self.const)


def _shape(option: Option) -> dict[str, Any]:
    """Return what argparse must know of an option's values."""
    if option.kind == "bool":
        return {"action": "store_true"}
    if option.kind == "linelist":
        return {"action": "append", "metavar": option.metavar}
    return {
        "type": _ARGPARSE_TYPES[option.kind],
        "metavar": option.metavar,
        "choices": option.choices or None,
    }


def register_markers(config: pytest.Config) -> None:
    """Make the markers known, for ``--strict-markers`` and ``--markers``."""
    for marker in MARKERS:
        config.addinivalue_line("markers", marker)


def say_where_prompts_lie(config: pytest.Config) -> None:
    """Let the app under test pull its prompts from below rootdir, whatever folder pytest was started in."""
    config.add_cleanup(set_session_prompts(config.rootpath / config.getini("llm_prompt_dir")))


def pass_over_cassettes(config: pytest.Config) -> None:
    """Look for no tests among recorded replies, be they in use or not: there may be tens of thousands of them."""
    config.addinivalue_line("norecursedirs", os.path.normpath(config.getini("llm_cassette_dir")))


def wants_experiment(config: pytest.Config) -> bool:
    """Return True where the session is to be an experiment."""
    if CONFIRMING in os.environ:
        return True
    try:
        return _is_on(config, "experiment") or _is_on(config, "update_baseline")
    except LlmobsError as error:
        raise usage_error(error) from None


def uses_cassettes(config: pytest.Config) -> bool:
    """Return True where model calls are to be replayed or recorded, in whatever tests."""
    try:
        value, _ = _value(config, _option("cassettes"))
    except LlmobsError as error:
        raise usage_error(error) from None
    return bool(value != "off")


def usage_error(error: LlmobsError) -> pytest.UsageError:
    """Return an error of ours as pytest's, safe to print: its message may hold what a user or a file said."""
    from pytest_llmobs.wording import inert  # every session of pytest loads this module

    return pytest.UsageError(inert(str(error)))


def _is_on(config: pytest.Config, name: str) -> bool:
    option = _option(name)
    value, where = _value(config, option)
    if option.parse is not None:
        value = option.parse(value, where)
    return bool(value)


def _option(name: str) -> Option:
    return next(option for option in OPTIONS if option.name == name)


def confirming_path() -> Path | None:
    """Return the path of a further session's plan, or None for any other session."""
    path = os.environ.get(CONFIRMING)
    if not path:
        return None
    return Path(path)


def settings_of(config: pytest.Config) -> Settings:
    """Read the session's settings.

    Raises:
        pytest.UsageError: A value is outside what its option allows.
    """
    try:
        settings = read_settings(lambda option: _value(config, option), os.environ)
    except LlmobsError as error:
        raise usage_error(error) from None
    if settings.update_baseline:
        return replace(settings, experiment=True)
    return settings


def given(config: pytest.Config, name: str) -> bool:
    """Return True where the option was given on the command line (an ini key doesn't count)."""
    return config.getoption(f"llm_{name}", None) is not None


class UnusedOptions:
    """Says at the end which options of ours a session without an experiment was given for nothing."""

    def __init__(self, flags: Sequence[str]) -> None:
        self._flags = flags

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Print the line."""
        flags = ", ".join(self._flags)
        terminalreporter.write_line(f"{flags}: nothing is done with it without --llm-experiment", yellow=True)


def say_unused(config: pytest.Config) -> None:
    """In a session that is no experiment: see that options which only an experiment has use for are told of."""
    flags = [f"--llm-{name.replace('_', '-')}" for name in _OF_EXPERIMENTS if given(config, name)]
    if flags:
        config.pluginmanager.register(UnusedOptions(flags), "llmobs-unused-options")


def debugging(config: pytest.Config) -> bool:
    """Return True where the first failure is to stop the session or to open the debugger."""
    return any(getattr(config.option, name, False) for name in _AT_FAILURE)


def _value(config: pytest.Config, option: Option) -> tuple[Any, str]:
    """Return the raw value of an option, and where it comes from."""
    if not option.ini_only and (chosen := config.getoption(option.ini, None)) is not None:
        return chosen, option.flag
    try:
        return config.getini(option.ini), option.ini
    except (TypeError, ValueError, pytest.UsageError) as error:
        problem = str(error)
        if str(config.inipath) not in problem:  # as pytest itself says it in most versions
            place = config.inipath or "-o (--override-ini)"
            problem = f"{option.ini} in {place}: {problem}"
        raise SettingsError(f"{problem}. It takes {_described(option)}.") from None


def _described(option: Option) -> str:
    return _KINDS.get(option.kind, "a text")


def is_controller(config: pytest.Config) -> bool:
    """Tell whether this process only deals tests to xdist's workers."""
    if hasattr(config, "workerinput") or config.getoption("collectonly", False):
        return False
    return config.getoption("dist", "no") != "no" and bool(config.getoption("tx", None))
