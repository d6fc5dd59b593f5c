"""Evaluators of structured outputs: JSON, schemas, keys, numbers, SQL and code.

What is judged is the output called ``output``, else the only output, else all outputs as one object; a text among
them is parsed as JSON (one in a Markdown code fence is taken out of it where ``fenced``).
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from pytest_llmobs.errors import EvaluatorError, UnscoredError
from pytest_llmobs.evaluators.binding.subject import Subject
from pytest_llmobs.evaluators.rules import fences
from pytest_llmobs.evaluators.rules.outputs import content_of, pair, required, text_of
from pytest_llmobs.evaluators.rules.rule import Rule
from pytest_llmobs.records.scores import Score


class _BadJsonError(Exception):
    pass


def _unfenced(text: str) -> str:
    inner = fences.fenced(text)
    if inner is None:
        return text
    return inner


def _parsed(content: Any, fenced: bool) -> Any:
    if not isinstance(content, str):
        return content
    if fenced:
        content = _unfenced(content)
    try:
        return json.loads(content)
    except (ValueError, RecursionError) as error:
        raise _BadJsonError(f"no valid JSON: {error}") from None


@dataclass(frozen=True)
class ValidJson(Rule):
    """True where the text is JSON; an output that is no text is a structure already, and passes."""

    output: str | None = None
    """The output to judge."""
    fenced: bool = False
    """True: JSON inside a Markdown code fence is good enough."""
    key: str = "valid_json"

    def evaluate(self, subject: Subject) -> Score:
        """Score one run."""
        try:
            value = _parsed(content_of(subject.outputs, self.output), self.fenced)
        except _BadJsonError as error:
            return Score(self.key, score=False, comment=str(error))
        return Score(self.key, score=True, comment=f"valid JSON, {type(value).__name__}")


@dataclass(frozen=True)
class JsonSchema(Rule):
    """True where the output fits a JSON Schema; the comment names the first misfits."""

    needs: ClassVar[Mapping[str, str]] = {"jsonschema": "schema"}
    sample_reference: ClassVar[Mapping[str, Any]] = {"json_schema": {"type": "object", "required": ["a"]}}
    schema: Mapping[str, Any] | None = None
    """The schema, where the example doesn't give it."""
    field: str = "json_schema"
    """The reference output that gives it."""
    output: str | None = None
    """The output to judge."""
    fenced: bool = False
    """True: JSON inside a Markdown code fence is good enough."""
    key: str = "json_schema"

    def evaluate(self, subject: Subject) -> Score:
        """Score one run."""
        import jsonschema

        schema = required(subject, self.schema, self.field)
        kind = jsonschema.validators.validator_for(schema, default=jsonschema.Draft202012Validator)
        try:
            kind.check_schema(schema)
        except jsonschema.SchemaError as error:
            raise UnscoredError(f"{self.key}: the schema itself is wrong: {error.message}.") from None
        try:
            value = _parsed(content_of(subject.outputs, self.output), self.fenced)
        except _BadJsonError as error:
            return Score(self.key, score=False, comment=str(error))
        misfits: list[str] = []
        for misfit in kind(schema).iter_errors(value):
            misfits.append(f"{misfit.json_path}: {misfit.message}")
        if misfits:
            return Score(self.key, score=False, comment="; ".join(misfits[:3])[:500])
        return Score(self.key, score=True, comment="fits the schema")


@dataclass(frozen=True)
class PydanticModel(Rule):
    """True where a pydantic model takes the output; the comment names the first misfits."""

    sample_options: ClassVar[Mapping[str, Any]] = {"model": dict[str, int]}
    model: Any = None
    """A subclass of ``pydantic.BaseModel``, or anything a ``TypeAdapter`` takes."""
    output: str | None = None
    """The output to judge."""
    fenced: bool = False
    """True: JSON inside a Markdown code fence is good enough."""
    key: str = "pydantic_model"

    def evaluate(self, subject: Subject) -> Score:
        """Score one run."""
        import pydantic

        if self.model is None:
            raise EvaluatorError(f"{self.key} needs a model: {self.key}(Invoice).")
        try:
            value = _parsed(content_of(subject.outputs, self.output), self.fenced)
            pydantic.TypeAdapter(self.model).validate_python(value)
        except _BadJsonError as error:
            return Score(self.key, score=False, comment=str(error))
        except pydantic.ValidationError as error:
            misfits = []
            for misfit in error.errors()[:3]:
                place = ".".join(map(str, misfit["loc"])) or "value"
                misfits.append(f"{place}: {misfit['msg']}")
            return Score(self.key, score=False, comment="; ".join(misfits))
        return Score(self.key, score=True, comment="fits the model")


@dataclass(frozen=True)
class RequiredKeys(Rule):
    """The share of the required keys that the output has (``customer.name`` looks inside); None counts as absent."""

    sample_reference: ClassVar[Mapping[str, Any]] = {"required_keys": ["a", "b.c"]}
    keys: Sequence[str] | None = None
    """The keys, where the example doesn't list them."""
    field: str = "required_keys"
    """The reference output that lists them."""
    output: str | None = None
    """The output to judge."""
    key: str = "required_keys"

    def evaluate(self, subject: Subject) -> Score:
        """Score one run."""
        wanted = required(subject, self.keys, self.field)
        if not _are_keys(wanted):
            raise UnscoredError(f"outputs.{self.field} is {wanted!r}; write a list of keys.")
        try:
            value = _parsed(content_of(subject.outputs, self.output), fenced=False)
        except _BadJsonError as error:
            return Score(self.key, score=0.0, comment=str(error))
        absent = [path for path in wanted if _inside(value, path) is None]
        if not absent:
            return Score(self.key, score=1.0, comment="has all keys")
        share = 1 - len(absent) / len(wanted)
        return Score(self.key, score=share, comment=f"missing: {', '.join(absent)}")


def _are_keys(wanted: Any) -> bool:
    if isinstance(wanted, str):
        return False
    for key in wanted:
        if not isinstance(key, str):
            return False
    return True


def _inside(value: Any, path: str) -> Any:
    for name in path.split("."):
        if isinstance(value, Mapping):
            value = value.get(name)
        elif isinstance(value, list) and name.isdecimal() and int(name) < len(value):
            value = value[int(name)]
        else:
            return None
    return value


@dataclass(frozen=True)
class CloseTo(Rule):
    """True where a number is near the expected one; a text gives the only number in it."""

    relative: float = 1e-6
    """Allowed difference as a share of the expected number."""
    absolute: float = 0.0
    """Allowed difference in the number's own unit; the larger of the two holds."""
    field: str | None = None
    """The reference output to compare with; see ``outputs.pair``."""
    output: str | None = None
    """The output to compare."""
    key: str = "close_to"

    def evaluate(self, subject: Subject) -> Score:
        """Score one run."""
        output, reference = pair(subject, self.output, self.field)
        value, expected = _number(output), _number(reference)
        near = abs(value - expected) <= max(self.relative * abs(expected), self.absolute)
        return Score(self.key, score=near, comment=f"{value:g}, expected {expected:g}")


def _number(value: Any) -> float:
    if isinstance(value, str):
        numbers = re.findall(r"[-+]?(?:\d[\d,_ ]*\d|\d)(?:\.\d+)?(?:[eE][-+]?\d+)?", value)
        if len(numbers) != 1:
            raise UnscoredError(f"{value[:80]!r} holds {len(numbers)} numbers; close_to compares one.")
        value = float(re.sub(r"[,_ ]", "", numbers[0]))
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise UnscoredError(f"{value!r} is no number.")
    return float(value)


LONGEST = 20_000
"""Characters of SQL or Python that are parsed; that is about a second."""


def _code(subject: Subject, output: str | None) -> str:
    code = _unfenced(text_of(subject.outputs, output))
    if len(code) > LONGEST:
        raise UnscoredError(f"The code is too long to parse ({len(code):,} characters; at most {LONGEST:,}).")
    return code


@dataclass(frozen=True)
class SqlParses(Rule):
    """True where the text is SQL that sqlglot parses; nothing is executed."""

    cheap: ClassVar[bool] = False
    needs: ClassVar[Mapping[str, str]] = {"sqlglot": "sql"}
    dialect: str | None = None
    """A dialect of sqlglot (``postgres``); None takes any common SQL."""
    output: str | None = None
    """The output to judge."""
    key: str = "sql_parses"

    def evaluate(self, subject: Subject) -> Score:
        """Score one run."""
        import sqlglot

        text = _code(subject, self.output)
        try:
            parsed = sqlglot.parse(text, dialect=self.dialect)
        except (sqlglot.errors.SqlglotError, RecursionError) as error:
            return Score(self.key, score=False, comment=str(error)[:300])
        # None stands for a lone `;`
        statements = [statement for statement in parsed if statement is not None]
        return Score(self.key, score=bool(statements), comment=f"{len(statements)} statements")


@dataclass(frozen=True)
class PythonCompiles(Rule):
    """True where the text, or the code fence in it, is Python that compiles; nothing is executed."""

    output: str | None = None
    """The output to judge."""
    key: str = "python_compiles"

    def evaluate(self, subject: Subject) -> Score:
        """Score one run."""
        code = _code(subject, self.output)
        try:
            # The `__future__` imports of this file must not count for the code that is judged.
            compile(code, "<output>", "exec", dont_inherit=True)
        except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
            # Under `-W error` Python turns this mere warning about the code into an error.
            if "invalid escape sequence" not in str(error):
                return Score(self.key, score=False, comment=f"{type(error).__name__}: {error}")
        if not code.strip():
            return Score(self.key, score=False, comment="there is no code")
        return Score(self.key, score=True, comment="compiles")


valid_json = ValidJson()
"""True where the text is JSON."""
json_schema = JsonSchema()
"""True where the output fits ``outputs.json_schema``; needs the extra ``schema``."""
pydantic_model = PydanticModel()
"""``pydantic_model(Invoice)``: True where the model takes the output."""
required_keys = RequiredKeys()
"""The share of ``outputs.required_keys`` that the output has."""
close_to = CloseTo()
"""True where a number is near the reference."""
sql_parses = SqlParses()
"""True where the text is SQL; needs the extra ``sql``."""
python_compiles = PythonCompiles()
"""True where the text is Python that compiles."""
