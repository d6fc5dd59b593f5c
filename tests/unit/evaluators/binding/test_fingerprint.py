"""Versions change with what an evaluator computes, and with nothing else."""

from __future__ import annotations

import functools
import importlib
import linecache
import re
import subprocess
import sys
from dataclasses import dataclass, field
from enum import Enum

import pytest

from pytest_llmobs.evaluators import builtin
from pytest_llmobs.evaluators.binding import fingerprint as fingerprints
from pytest_llmobs.evaluators.binding.declaration import bind
from pytest_llmobs.evaluators.binding.fingerprint import fingerprint

BASE = """
import re
LIMIT = 3
WORDS = ["a", "b"]

def clean(text):
    return text.strip()

def judge(outputs, option=1):
    # look at the text
    return len(clean(outputs["output"])) >= LIMIT
"""


@pytest.fixture
def version(tmp_path):
    """The version of ``judge`` in a module of that source, as a fresh import would see it."""

    def read(source, name="judge"):
        path = tmp_path / f"module_{len(list(tmp_path.iterdir()))}.py"
        path.write_text(source)
        linecache.checkcache()
        namespace = {"__name__": "module"}
        exec(compile(source, str(path), "exec"), namespace)
        return fingerprint(namespace[name])

    return read


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (">= LIMIT", "> LIMIT"),
        ("LIMIT = 3", "LIMIT = 4"),
        ("text.strip()", "text"),
        ("option=1", "option=2"),
        ('"output"', '"reply"'),
    ],
)
def test_an_edit_of_the_function_or_of_what_it_uses_is_a_new_version(version, before, after):
    assert version(BASE) != version(BASE.replace(before, after))


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("# look at the text", "# look hard\n    # and long"),
        (
            "def judge(outputs, option=1):",
            'def judge(outputs: dict, option: int = 1) -> bool:\n    """Judge it."""',
        ),
        ('["a", "b"]', '["c"]'),
        ("import re", "import re\nimport os\n\nOTHER = 1\n\ndef unused(): pass"),
        ("return len(clean(outputs", "return len(  clean( outputs"),
    ],
)
def test_comments_hints_docstrings_layout_and_strangers_are_none(version, before, after):
    edited = BASE.replace(before, after)
    if "len(  clean(" in edited:
        edited = edited.replace('outputs["output"]))', 'outputs["output"] )\n    )')
    assert edited != BASE
    assert version(BASE) == version(edited)


LONG = """
import math
BOUND = 3

def clean(text):
    kept = [word for word in text.split() if word]
    return kept

class Counter:
    limit = 5
    def count(self, words):
        total = 0
        for word in words:
            total += len(word)
        return total

def judge(outputs):
    def longest(words):
        best = max(words, key=lambda word: len(word))
        return best
    words = clean(outputs["output"])
    try:
        size = Counter().count(words)
    except ValueError as error:
        size = len(str(error))
    return size > BOUND and len(longest(words)) < math.inf
"""


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("clean", "tidy"),
        ("BOUND", "LIMIT"),
        ("Counter", "Tally"),
        ("longest", "biggest"),
        ("size", "length"),
        ("best", "top"),
        ("kept", "left"),
        ("total", "sum_"),
        ("error", "problem"),
    ],
)
def test_the_names_of_locals_and_helpers_are_none(version, before, after):
    edited = re.sub(rf"\b{before}\b", after, LONG)
    assert edited != LONG
    assert version(edited) == version(LONG)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("limit = 5", "bound = 5"),  # an attribute
        ("def count(self, words)", "def count(self, words=())"),
        ("math.inf", "math.pi"),
        ("return best", "return words"),
        ("total += len(word)", "total += len(words)"),
        ("return kept", "return text"),
        ("clean(outputs[", "sorted(outputs["),
        ("size > BOUND", "BOUND > size"),
        ("key=lambda word: len(word)", "key=lambda word: word"),
        ("except ValueError", "except KeyError"),
        ("judge(outputs)", "judge(inputs)"),
    ],
)
def test_what_a_name_stands_for_counts(version, before, after):
    assert before in LONG
    assert version(LONG.replace(before, after)) != version(LONG)


def test_names_that_hide_others_are_told_apart(version):
    source = """
def judge(outputs):
    first, second = 1, 2
    def inner():
        first = 3
        third = 4
        def deep():
            fourth = 5
            return first, second, third, fourth
        return deep()
    return inner()
"""
    swapped = source.replace("return first, second, third, fourth", "return third, second, first, fourth")
    assert version(source) != version(swapped)
    assert version(source) != version(
        source.replace("return first, second, third", "return fourth, second, third")
    )
    assert version(source) == version(source.replace("third", "x"))


def test_names_that_code_looks_up_count(version):
    source = """
def judge(outputs):
    score = 1
    return locals()["score"]
"""
    assert version(source) != version(source.replace("score = 1", "value = 1"))


def test_the_names_of_what_a_closure_holds_are_none(version):
    factory = """
def make(word, other):
    def contains(text):
        return word in text
    def judge(outputs):
        return contains(outputs["output"]) or other
    return judge
judge = make("a", 1)
"""
    for before, after in (("word", "zebra"), ("other", "aaa"), ("contains", "zzz")):
        assert version(factory) == version(re.sub(rf"\b{before}\b", after, factory))
    assert version(factory) != version(factory.replace('make("a", 1)', 'make("a", 2)'))
    assert version(factory) != version(factory.replace('make("a", 1)', 'make("b", 1)'))
    assert version(factory) != version(factory.replace("word in text", "word == text"))


def test_values_handed_over_count(version):
    factory = """
def make(word):
    def judge(outputs):
        return word in outputs["output"]
    return judge
one, same, two = make("a"), make("a"), make("b")
"""
    assert version(factory, "one") == version(factory, "same")
    assert version(factory, "one") != version(factory, "two")


def judge(outputs, wanted="x"):
    return outputs == wanted


class Tone(Enum):
    WARM = 1
    COLD = 2


@dataclass(frozen=True)
class Check:
    bound: object = 1
    cache: object = field(default=None, metadata={"version": False})

    def evaluate(self, outputs):
        return self.bound == outputs


def test_partials_and_fields_count_by_value():
    assert fingerprint(functools.partial(judge, wanted="a")) != fingerprint(
        functools.partial(judge, wanted="b")
    )
    values = [
        1,
        2,
        1.0,
        "1",
        True,
        None,
        [1],
        (1, 2),
        {"a": 1},
        {1, 2},
        Tone.WARM,
        Tone.COLD,
        re.compile("a"),
        b"1",
        int,
    ]
    versions = [fingerprint(Check(value)) for value in values]
    assert len(set(versions)) == len(values)
    assert versions == [fingerprint(Check(value)) for value in values]
    assert fingerprint(Check(1, cache=object())) == fingerprint(Check(1, cache=object()))


def test_objects_count_by_class_not_by_address():
    assert fingerprint(Check(object())) == fingerprint(Check(object()))


def test_order_of_keys_does_not_matter():
    assert fingerprint(Check({"a": 1, "b": 2})) == fingerprint(Check({"b": 2, "a": 1}))


def test_what_holds_itself_ends():
    loop = []
    loop.append(loop)
    assert len(fingerprint(Check(loop))) == 16

    def odd(outputs):
        return even(outputs)

    def even(outputs):
        return odd(outputs)

    assert len(fingerprint(odd)) == 16


def test_functions_without_source_still_differ():
    namespace = {}
    exec(
        "def one(outputs): return outputs in {'a', 'b'}\ndef two(outputs): return outputs in {'a', 'c'}",
        namespace,
    )
    assert fingerprint(namespace["one"]) != fingerprint(namespace["two"])


def test_a_lambda_is_told_from_another():
    first = lambda outputs: 1  # noqa: E731
    second = lambda outputs: 2  # noqa: E731
    assert fingerprint(first) != fingerprint(second)


def test_a_wrapped_function_counts_as_itself():
    def traced(function):
        @functools.wraps(function)
        def call(*args, **kwargs):
            return function(*args, **kwargs)

        return call

    assert fingerprint(traced(judge)) == fingerprint(judge)


SCRIPT = """
import sys
sys.path.insert(0, sys.argv[1])
import checks
from pytest_llmobs.evaluators.binding.declaration import bind
print([bind(spec, {}).version for spec in checks.SPECS])
"""
CHECKS = """
from dataclasses import dataclass, field
from pytest_llmobs.evaluators import Judge, required_keywords
BANNED = {"a", "b", "c"}
def one(outputs):
    return outputs["output"] in BANNED | {"x", "y", "z"}
@dataclass(frozen=True)
class Two:
    words: frozenset = frozenset({"p", "q", "r"})
    def evaluate(self, outputs):
        return outputs["output"] in self.words
exec("def three(outputs): return outputs in {'a', 'b', 'c', 'd'}")
SPECS = [one, Two(), three, required_keywords(["a"]), Judge("tone", rubric="Polite?", model=lambda prompt: prompt)]
"""


def test_versions_are_the_same_in_every_process_folder_and_hash_seed(tmp_path):
    seen = set()
    for seed in ("0", "1", "4711"):
        folder = tmp_path / seed
        folder.mkdir()
        (folder / "checks.py").write_text(CHECKS)
        command = [sys.executable, "-c", SCRIPT, str(folder)]
        done = subprocess.run(
            command, env={"PYTHONHASHSEED": seed}, capture_output=True, text=True, check=True
        )
        seen.add(done.stdout)
    assert len(seen) == 1


def test_built_ins_count_their_revision_not_their_code():
    for name, spec in builtin().items():
        kind = type(spec)
        assert isinstance(kind.revision, int), name


def test_no_code_of_this_package_is_part_of_a_ready_made_version(monkeypatch):
    read = []
    monkeypatch.setattr(fingerprints, "class_source", lambda kind: read.append(kind.__name__))
    monkeypatch.setattr(fingerprints, "function_source", lambda function: read.append(function.__name__))
    for name, spec in builtin().items():
        assert fingerprint(spec(key="another")), name
        assert fingerprint(spec.where(tier="gold")), name
    # The one exception: what a user hands over as `context` is known by its code, and a preset hands over this one.
    assert set(read) == {"retrieved_context"}


def test_the_version_of_faithfulness_outlives_the_code_of_its_context():
    """It is in users' baselines: another version here has each of them say REBASELINE."""
    assert bind("faithfulness", builtin()).version == "aac78abff0089c74"


def test_a_users_subclass_of_a_built_in_counts_its_code(tmp_path, monkeypatch):
    source = """
from pytest_llmobs.evaluators.rules.text import MinLength
class Mine(MinLength):
    def evaluate(self, subject):
        return NUMBER
"""
    monkeypatch.syspath_prepend(tmp_path)
    (tmp_path / "mine_before.py").write_text(source.replace("NUMBER", "1"))
    (tmp_path / "mine_after.py").write_text(source.replace("NUMBER", "2"))
    before, after = (importlib.import_module(name).Mine() for name in ("mine_before", "mine_after"))
    assert fingerprint(before) != fingerprint(after)
