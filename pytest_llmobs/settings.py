"""Every option in one table and one frozen object. No pytest here.

The table ``OPTIONS`` is the single source: it registers command line options and ini keys, validates values, and
the tests check the README against it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from typing import Any, NamedTuple

from pytest_llmobs.errors import SettingsError

MAX_PAYLOAD = 4 << 20
"""Bytes of JSON an input or output may take before it is cut (4 MiB), unless a setting says otherwise."""
LEAST_PAYLOAD = 1000
"""Least that such a setting may say."""


class Option(NamedTuple):
    """One setting: an ini key ``llm_x`` and, unless ``ini_only``, an option ``--llm-x``."""

    name: str
    """Words joined by underscores, without the ``llm_`` prefix."""
    kind: str
    """An ini type of pytest: ``bool``, ``int``, ``float``, ``string`` or ``linelist`` (see ``words``)."""
    default: Any
    help: str
    metavar: str | None = None
    choices: tuple[str, ...] = ()
    least: float | None = None
    """Smallest value allowed."""
    most: float | None = None
    """Largest value allowed."""
    ini_only: bool = False

    @property
    def ini(self) -> str:
        """The ini key."""
        return f"llm_{self.name}"

    @property
    def flag(self) -> str:
        """The command line option."""
        return f"--llm-{self.name.replace('_', '-')}"


OPTIONS: tuple[Option, ...] = (
    Option(
        "experiment",
        "bool",
        False,
        "run the selected tests as an experiment: traced, scored, compared, gated",
    ),
    Option("name", "string", "", "name of the experiment (default: adjective-noun-date)", "NAME"),
    Option("update_baseline", "bool", False, "record fresh repeats of the selected tests as the baseline"),
    Option(
        "baseline",
        "string",
        "",
        "compare with another baseline: a folder or file, an experiment's name, or git:REVISION",
        "REF",
    ),
    Option("repeat", "int", 1, "trials an example", "K", least=1, most=1000),
    Option(
        "confirm", "int", 10, "most reruns of a suspect example; 0: no second look", "N", least=0, most=1000
    ),
    Option(
        "concurrency", "int", 8, "targets and evaluators running ahead at once", "N", least=1, most=10_000
    ),
    Option(
        "max_cost",
        "float",
        None,
        "stop starting trials once so much was spent, judges included",
        "USD",
        least=0,
    ),
    Option(
        "max_calls", "int", None, "stop starting trials after so many model calls", ini_only=True, least=0
    ),
    Option("strict", "bool", False, "a failed assertion fails its test, baseline or not", ini_only=True),
    Option(
        "fail_on",
        "string",
        "regressed",
        "what makes the build red: regressed, or inconclusive as well",
        choices=("regressed", "inconclusive"),
        ini_only=True,
    ),
    Option(
        "baseline_dir", "string", "llm-baselines", "folder of the baselines, below rootdir", ini_only=True
    ),
    Option(
        "baseline_repeat",
        "int",
        5,
        "fresh repeats that a baseline records",
        ini_only=True,
        least=1,
        most=1000,
    ),
    Option(
        "baseline_texts",
        "bool",
        True,
        "keep redacted prompts beside the baseline for the diff",
        ini_only=True,
    ),
    Option(
        "shard",
        "string",
        "",
        "run one of N parts of the experiment on this machine; `llmobs merge` joins them and gates once",
        "I/N",
    ),
    Option(
        "store",
        "string",
        "",
        "upload the experiment at its end: s3://bucket/folder, gs://…, file://…, or a path",
        "URI",
    ),
    Option(
        "judge_cache",
        "bool",
        True,
        "keep judges' verdicts below .llmobs; recordings and reruns always ask afresh",
        ini_only=True,
    ),
    Option(
        "otel",
        "bool",
        False,
        "export every run as an OpenTelemetry span; OTEL_EXPORTER_OTLP_ENDPOINT says where to",
        ini_only=True,
    ),
    Option(
        "keep_media",
        "bool",
        False,
        "keep the images and documents of model calls, each once, below .llmobs/media",
        ini_only=True,
    ),
    Option(
        "timeout",
        "float",
        300.0,
        "seconds until a target, or a test that calls the app itself, counts as hung",
        ini_only=True,
        least=0.001,
        most=86_400,
    ),
    Option(
        "redact",
        "linelist",
        ("secrets",),
        "redactors, comma-separated: secrets (always on), pii, a hook's, or module:function",
        ini_only=True,
    ),
    Option(
        "sample_rate",
        "float",
        1.0,
        "share of the traces that is stored, 0 to 1; verdict, costs and baselines count every trial",
        ini_only=True,
        least=0,
        most=1,
    ),
    Option(
        "keep",
        "linelist",
        (),
        "stored whatever the rate, beside trials that didn't pass: errors, tag:NAME, metadata:KEY=VALUE",
        ini_only=True,
    ),
    Option(
        "max_payload",
        "int",
        MAX_PAYLOAD,
        "bytes an input or output may take before it is cut",
        ini_only=True,
        least=LEAST_PAYLOAD,
    ),
)
"""All settings, in the order of the documentation."""


@dataclass(frozen=True)
class Settings:
    """The validated settings of one session; the fields are described in ``OPTIONS``."""

    experiment: bool = False
    name: str = ""
    update_baseline: bool = False
    baseline: str = ""
    repeat: int = 1
    confirm: int = 10
    concurrency: int = 8
    max_cost: float | None = None
    max_calls: int | None = None
    strict: bool = False
    fail_on: str = "regressed"
    baseline_dir: str = "llm-baselines"
    baseline_repeat: int = 5
    baseline_texts: bool = True
    shard: str = ""
    store: str = ""
    judge_cache: bool = True
    otel: bool = False
    keep_media: bool = False
    timeout: float = 300.0
    redact: tuple[str, ...] = ("secrets",)
    sample_rate: float = 1.0
    keep: tuple[str, ...] = ()
    max_payload: int = MAX_PAYLOAD
    ci: bool = False
    """True where the environment variable ``CI`` is set to anything but an empty string, 0 or false."""


def read_settings(value_of: Callable[[Option], tuple[Any, str]], environment: Mapping[str, str]) -> Settings:
    """Read and validate every option.

    Args:
        value_of: Returns an option's raw value and where it came from (``--llm-repeat``, ``llm_repeat``).
        environment: The process's environment variables.

    Raises:
        SettingsError: A value is outside what its option allows.
    """
    values = {option.name: _validated(option, *value_of(option)) for option in OPTIONS}
    _check_shard(values)
    ci = environment.get("CI", "").lower() not in ("", "0", "false")
    return Settings(**values, ci=ci)


def words(text: str) -> tuple[str, ...]:
    """Return the words between the commas of ``text``."""
    return tuple(word.strip() for word in text.split(",") if word.strip())


def _validated(option: Option, value: Any, where: str) -> Any:
    if option.kind == "linelist":
        return words(",".join(value))
    if option.name == "shard" and value:
        return _shard(value, where)
    if option.choices and value not in option.choices:
        from pytest_llmobs.wording import known, nearest  # every session of pytest loads this module

        raise SettingsError(
            f"Unknown value {value!r} for {where}.{nearest(str(value), option.choices)} {known(option.choices)}"
        )
    low = -math.inf if option.least is None else option.least
    high = math.inf if option.most is None else option.most
    if value is not None and option.kind in ("int", "float") and not low <= value <= high:
        bound = f"at least {low:g}" if math.isinf(high) else f"between {low:g} and {high:g}"
        raise SettingsError(f"{where} is {value!r}; it must be {bound}.")
    return value


def _shard(value: str, where: str) -> str:
    number, _, count = (word.strip() for word in value.partition("/"))
    if not (number.isdecimal() and count.isdecimal()):
        raise SettingsError(
            f"{where} is {value!r}; write I/N, which part this is and how many there are, such as 2/4."
        )
    if not 1 <= int(number) <= int(count):
        parts = f"the parts of {int(count)} are 1/{int(count)} to {int(count)}/{int(count)}"
        raise SettingsError(
            f"{where} is {value!r}; {parts if int(count) else 'there must be one part at least'}."
        )
    return f"{int(number)}/{int(count)}"


def _check_shard(values: Mapping[str, Any]) -> None:
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


_unknown = {option.name for option in OPTIONS} ^ {field.name for field in fields(Settings)} ^ {"ci"}
if _unknown:
    raise RuntimeError(f"OPTIONS and Settings disagree about {sorted(_unknown)}")
