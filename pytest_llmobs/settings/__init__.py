"""Every option, once: a field of ``Settings``. No pytest here. Beside it: what options may say, and where things lie.

The fields register command line options and ini keys and validate values, and the tests check the README against them.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import Any, NamedTuple

from pytest_llmobs.errors import SettingsError
from pytest_llmobs.settings.checks import (
    ADD,
    CASSETTE_MODES,
    REPLACE,
    check_as_of,
    check_shard,
    parse_fail_on,
    parse_header_names,
    parse_shard,
    parse_update,
    words,
)
from pytest_llmobs.settings.folders import (
    BASELINE_FOLDER,
    CASSETTE_FOLDER,
    DATASET_FOLDER,
    PROMPT_DIR,
    PROMPT_FOLDER,
    QUEUE_DIR,
    QUEUE_FOLDER,
    SESSION_PROMPTS,
    STORE_FOLDER,
    cassette_folder,
    prompt_folder,
    queue_folder,
    session_prompts,
    set_session_prompts,
    store_folder,
)

__all__ = [
    "ADD",
    "BASELINE_FOLDER",
    "CASSETTE_FOLDER",
    "CASSETTE_MODES",
    "DATASET_FOLDER",
    "LEAST_PAYLOAD",
    "MAX_PAYLOAD",
    "OPTIONS",
    "PROMPT_DIR",
    "PROMPT_FOLDER",
    "QUEUE_DIR",
    "QUEUE_FOLDER",
    "REPLACE",
    "REPORT_FORMATS",
    "SESSION_PROMPTS",
    "STORE_FOLDER",
    "Option",
    "Settings",
    "cassette_folder",
    "prompt_folder",
    "queue_folder",
    "read_settings",
    "session_prompts",
    "set_session_prompts",
    "store_folder",
    "words",
]

MAX_PAYLOAD = 4 << 20
"""Bytes of JSON an input or output may take before it is cut (4 MiB), unless a setting says otherwise."""
LEAST_PAYLOAD = 1000
"""Least that such a setting may say."""
REPORT_FORMATS = "html, markdown, github, json, junit, or a hook's"
"""What may be reported, in the words of help."""
_KINDS = {
    "bool": "bool",
    "int": "int",
    "int | None": "int",
    "float": "float",
    "float | None": "float",
    "str": "string",
    "tuple[str, ...]": "linelist",
}
"""A field's type -> the ini type of pytest that reads it."""


class Option(NamedTuple):
    """One setting: an ini key ``llm_x`` and, unless ``ini_only``, an option ``--llm-x``."""

    name: str
    """Words joined by underscores, without the ``llm_`` prefix."""
    kind: str
    """An ini type of pytest: ``bool``, ``int``, ``float``, ``string`` or ``linelist``.

    An option of the last kind may be given several times."""
    default: Any
    help: str
    metavar: str | None = None
    choices: tuple[str, ...] = ()
    bare: str = ""
    """What the option means on the command line by itself; it takes another choice only behind ``=``, never a word
    after it, which may be a test file."""
    least: float | None = None
    """Smallest value allowed."""
    most: float | None = None
    """Largest value allowed."""
    ini_only: bool = False
    commas: bool = True
    """True where an entry of a list may hold several, between commas; a path may have commas of its own."""
    parse: Callable[[Any, str], Any] | None = None
    """Takes the raw value, or a list's entries, and where it came from; checks it, returns what ``Settings`` holds."""

    @property
    def ini(self) -> str:
        """The ini key."""
        return f"llm_{self.name}"

    @property
    def flag(self) -> str:
        """The command line option."""
        return f"--llm-{self.name.replace('_', '-')}"


def setting(default: Any, help: str, **details: Any) -> Any:
    """Return a dataclass field that is an option; ``details`` are further fields of ``Option``."""
    return field(default=default, metadata={"help": help, **details})


@dataclass(frozen=True)
class Settings:
    """The validated settings of one session, in the order of the documentation.

    To add an option, add a line here: its name, type and default make the ini key and the command line option.
    """

    experiment: bool = setting(
        False, "run the selected tests as an experiment: traced, scored, compared, gated"
    )
    name: str = setting("", "name of the experiment (default: adjective-noun-date)", metavar="NAME")
    update_baseline: str = setting(
        "",
        "record fresh repeats of the selected tests as the baseline; =add: as further passes of it",
        bare=REPLACE,
        choices=("", REPLACE, ADD),
        parse=parse_update,
    )
    accept_failing: bool = setting(False, "record a baseline even where most examples never passed")
    baseline: str = setting(
        "",
        "compare with another baseline: a folder or file, an experiment's name, or git:REVISION",
        metavar="REF",
    )
    as_of: str = setting(
        "",
        "every dataset as it was: in an experiment, at a tag, a git revision or a time",
        metavar="REF",
    )
    repeat: int = setting(1, "trials an example", metavar="K", least=1, most=1000)
    confirm: int = setting(
        3, "most further passes of a suite before a verdict; 0: one look", metavar="N", least=0, most=3
    )
    concurrency: int = setting(
        8, "targets and evaluators running ahead at once", metavar="N", least=1, most=10000
    )
    cassettes: str = setting(
        "off",
        "recorded model replies: replay them (reuse, what is missing is recorded), record all (refresh), or never ask "
        "a model (only)",
        metavar="{off,reuse,refresh,only}",
        choices=CASSETTE_MODES,
    )
    max_cost: float | None = setting(
        None, "stop starting trials once so much was spent, judges included", metavar="USD", least=0
    )
    max_calls: int | None = setting(
        None, "stop starting trials after so many model calls", least=0, ini_only=True
    )
    strict: bool = setting(False, "a failed assertion fails its test, baseline or not", ini_only=True)
    fail_on: str = setting(
        "regressed",
        "what makes the build red besides a regression: inconclusive, drifted, or both, comma-separated",
        ini_only=True,
        parse=parse_fail_on,
    )
    control: str = setting(
        "auto",
        "run the accepted code beside a build that would be red: auto, or off",
        choices=("auto", "off"),
        ini_only=True,
    )
    baseline_dir: str = setting(BASELINE_FOLDER, "folder of the baselines, below rootdir", ini_only=True)
    dataset_dir: str = setting(
        DATASET_FOLDER, "folder of the datasets that the client makes, below rootdir", ini_only=True
    )
    leak_guard: str = setting(
        "off",
        "what the client does about a new example whose near-duplicate is in another split: off, refuse, or move",
        choices=("off", "refuse", "move"),
        ini_only=True,
    )
    prompt_dir: str = setting(PROMPT_FOLDER, "folder of the prompts, below rootdir", ini_only=True)
    queue_dir: str = setting(
        QUEUE_FOLDER, "folder of the committed review queues, below rootdir", ini_only=True
    )
    cassette_dir: str = setting(
        CASSETTE_FOLDER, "folder of the recorded model replies, below rootdir", ini_only=True
    )
    record_errors: bool = setting(
        False, "record model calls that failed as well, errors and broken streams", ini_only=True
    )
    cassette_ignore_headers: tuple[str, ...] = setting(
        (),
        "request headers that tell no two model calls apart, beside those that never do",
        ini_only=True,
        parse=parse_header_names,
    )
    require_pinned_prompts: bool = setting(
        False,
        "in experiments, pulling a prompt without a commit or tag is an error that names the pin",
        ini_only=True,
    )
    baseline_repeat: int = setting(
        5, "fresh repeats that a baseline records", least=1, most=1000, ini_only=True
    )
    baseline_texts: bool = setting(
        True, "keep redacted prompts beside the baseline for the diff", ini_only=True
    )
    shard: str = setting(
        "",
        "run one of N parts of the experiment on this machine; `llmobs merge` joins them and gates once",
        metavar="I/N",
        parse=parse_shard,
    )
    store: str = setting(
        "", "upload the experiment at its end: s3://bucket/folder, gs://…, file://…, or a path", metavar="URI"
    )
    report: tuple[str, ...] = setting(
        (),
        f"also make a report: {REPORT_FORMATS}; :PATH says where to; may be given several times",
        metavar="FORMAT[:PATH]",
        commas=False,
    )
    judge_cache: bool = setting(
        True,
        "keep judges' verdicts below .llmobs; recordings and further looks always ask afresh",
        ini_only=True,
    )
    otel: bool = setting(
        False,
        "export every run as an OpenTelemetry span; OTEL_EXPORTER_OTLP_ENDPOINT says where to",
        ini_only=True,
    )
    keep_media: bool = setting(
        False, "keep the images and documents of model calls, each once, below .llmobs/media", ini_only=True
    )
    timeout: float = setting(
        300.0,
        "seconds until a target, or a test that calls the app itself, counts as hung",
        least=0.001,
        most=86400,
        ini_only=True,
    )
    ignore_fixtures: tuple[str, ...] = setting(
        (),
        "fixtures that targets don't depend on: beside any other one that is set up for each test anew, a target runs "
        "inside its test and not ahead",
        ini_only=True,
    )
    redact: tuple[str, ...] = setting(
        ("secrets",),
        "redactors, comma-separated: secrets (always on), pii, a hook's, or module:function",
        ini_only=True,
    )
    sample_rate: float = setting(
        1.0,
        "share of the traces that is stored, 0 to 1; verdict, costs and baselines count every trial",
        least=0,
        most=1,
        ini_only=True,
    )
    keep: tuple[str, ...] = setting(
        (),
        "stored whatever the rate, beside trials that didn't pass: errors, tag:NAME, metadata:KEY=VALUE",
        ini_only=True,
    )
    max_payload: int = setting(
        MAX_PAYLOAD, "bytes an input or output may take before it is cut", least=LEAST_PAYLOAD, ini_only=True
    )
    user_keys: tuple[str, ...] = setting(
        ("user_id", "user"),
        "keys of runs' metadata that name a person, for `llmobs purge`, `export` and `curate`",
        ini_only=True,
    )
    legal_hold: tuple[str, ...] = setting(
        (), "what `llmobs purge` keeps: projects (audit-*), filters of runs", ini_only=True, commas=False
    )
    ci: bool = False
    """True where the environment variable ``CI`` is set to anything but an empty string, 0 or false."""


def _options() -> Iterator[Option]:
    for each in fields(Settings):
        if each.metadata:
            yield Option(each.name, _KINDS[str(each.type)], each.default, **each.metadata)


OPTIONS: tuple[Option, ...] = tuple(_options())
"""All settings that a user can make."""


def read_settings(value_of: Callable[[Option], tuple[Any, str]], environment: Mapping[str, str]) -> Settings:
    """Read and validate every option.

    Args:
        value_of: Returns an option's raw value and where it came from (``--llm-repeat``, ``llm_repeat``).
        environment: The process's environment variables.

    Raises:
        SettingsError: A value is outside what its option allows.
    """
    values = {option.name: _validated(option, *value_of(option)) for option in OPTIONS}
    check_shard(values)
    check_as_of(values)
    ci = environment.get("CI", "").lower() not in ("", "0", "false")
    return Settings(**values, ci=ci)


def _validated(option: Option, value: Any, where: str) -> Any:
    if option.kind == "linelist":
        value = _entries(option, value, where)
    if option.parse is not None:
        return option.parse(value, where)
    if option.kind == "linelist":
        return value
    if option.choices and value not in option.choices:
        from pytest_llmobs.wording import known, nearest  # every session of pytest loads this module

        near = nearest(str(value), option.choices)
        raise SettingsError(f"Unknown value {value!r} for {where}.{near} {known(option.choices)}")
    if value is not None and option.kind in ("int", "float"):
        _check_bounds(option, value, where)
    return value


def _check_bounds(option: Option, value: float, where: str) -> None:
    low = -math.inf if option.least is None else option.least
    high = math.inf if option.most is None else option.most
    if low <= value <= high:
        return
    bound = f"between {low:g} and {high:g}"
    if math.isinf(high):
        bound = f"at least {low:g}"
    raise SettingsError(f"{where} is {value!r}; it must be {bound}.")


def _entries(option: Option, lines: Sequence[Any], where: str) -> tuple[str, ...]:
    for line in lines:
        if not isinstance(line, str):  # a TOML list may hold anything
            raise SettingsError(f"{where} holds {line!r}; it takes a list of texts.")
    if option.commas:
        return words(",".join(lines))
    return tuple(lines)
