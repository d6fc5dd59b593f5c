"""What may be wrong with a fill, and the one message that tells all of it. Names are told, values never."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from pytest_llmobs.errors import PromptVariableError
from pytest_llmobs.prompts.filling.origin import Origin
from pytest_llmobs.prompts.filling.variables import ParsedText, Spot
from pytest_llmobs.wording import listed, nearest

_MOST_SPOTS = 3
_MOST_BRACES = 5
_DOUBLED = "Doubled braces are literal text"
_NOT_FILLED = "Only texts are filled, and this isn't one"


@dataclass(frozen=True)
class Part:
    """One text of a prompt."""

    source: str
    """As it stands in the file."""
    parsed: ParsedText
    place: str = ""
    """``message 2 (user)``; empty where the prompt is one text."""
    is_template: bool = True
    """False for a text in which nothing is filled: an address, the arguments of a tool."""

    @property
    def has_doubled_braces(self) -> bool:
        """True where filling turns two braces into one."""
        return self.is_template and ("{{" in self.source or "}}" in self.source)


@dataclass(frozen=True)
class Leftover:
    """A variable that would still stand in the text."""

    name: str
    why: str
    """Empty where it stands so in the template."""
    part: Part | None = None
    spots: Sequence[Spot] = ()


@dataclass
class Problems:
    """All that is wrong with one fill."""

    missing: list[str] = field(default_factory=list)
    unused: list[str] = field(default_factory=list)
    blank: dict[str, str] = field(default_factory=dict)
    """Variable -> how: ``None``, ``blank``."""
    unusable: dict[str, str] = field(default_factory=dict)
    """Variable -> why it has no text."""
    leftover: list[Leftover] = field(default_factory=list)

    def __bool__(self) -> bool:
        return bool(self.missing or self.unused or self.blank or self.unusable or self.leftover)

    @property
    def only_unused(self) -> list[str]:
        """Unused names but for those that stand in doubled braces: there is one thing wrong with each of these."""
        left = {leftover.name for leftover in self.leftover}
        return [name for name in self.unused if name not in left]

    def error(
        self, origin: Origin, parts: Sequence[Part], names: Sequence[str], given: Sequence[str]
    ) -> PromptVariableError:
        """Return the error that tells all of it."""
        leftover = list(dict.fromkeys(leftover.name for leftover in self.leftover))
        groups: dict[str, Sequence[str]] = {
            "missing": self.missing,
            "unused": self.only_unused,
            "blank": list(self.blank),
            "left over": leftover,
            "unusable": list(self.unusable),
        }
        writer = _Writer(origin, parts, names, given)
        lines = [
            f"{origin.title} isn't filled: {_summary(groups)}.",
            *writer.lines(self),
            f"Given: {_or_none(given)}. Variables: {_or_none(names)}.",
            *_remedies(self, names),
        ]
        return PromptVariableError(
            "\n".join(lines),
            prompt=origin.name,
            commit_hash=origin.commit_hash,
            missing=self.missing,
            unused=self.unused,
            blank=list(self.blank),
            leftover=leftover,
            unusable=list(self.unusable),
            given=given,
        )


@dataclass(frozen=True)
class _Writer:
    """Writes a line a problem."""

    origin: Origin
    parts: Sequence[Part]
    names: Sequence[str]
    given: Sequence[str]

    def lines(self, problems: Problems) -> Iterator[str]:
        for name in problems.missing:
            unknown = [given for given in problems.unused if nearest(given, [name])]
            hint = f" Is {unknown[0]!r} meant for it?" if unknown else ""
            yield f"  missing: {self._variable(name)}.{hint}"
        for name in problems.only_unused:
            yield f"  unused: {name!r} is no variable of it.{nearest(name, self.names)}"
        for name, how in problems.blank.items():
            yield f"  blank: {self._variable(name)} is {how}."
        for name, why in problems.unusable.items():
            yield f"  unusable: {self._variable(name)} {why}."
        for leftover in problems.leftover:
            yield f"  left over: {self._leftover(leftover)}."

    def _variable(self, name: str) -> str:
        places = []
        for part in self.parts:
            spots = part.parsed.spots.get(name)
            if spots:
                places.append(place_of(self.origin, part, spots))
        # a list of messages has no place of its own
        return f"{{{name}}} ({'; '.join(places)})" if places else f"{{{name}}}"

    def _leftover(self, leftover: Leftover) -> str:
        if leftover.part is None:
            return f"{{{leftover.name}}}: {leftover.why}"
        place = place_of(self.origin, leftover.part, leftover.spots)
        why = _DOUBLED if leftover.part.is_template else _NOT_FILLED
        if leftover.part.is_template:
            why += f": write {{{leftover.name}}} to have it filled"
        return f"{{{leftover.name}}} ({place}). {why}"


def place_of(origin: Origin, part: Part, spots: Sequence[Spot]) -> str:
    """Return where a part has something: ``prompts/support.md:3``, ``prompts/chat.yaml, message 2 (user), line 1``."""
    lines = list(dict.fromkeys(str(spot.line) for spot in spots))
    if not part.place and origin.file is not None and len(lines) == 1:
        return f"{origin.place}:{lines[0]}"
    noun = "line" if len(lines) == 1 else "lines"
    place = f"{origin.place}, {part.place}" if part.place else origin.place
    return f"{place}, {noun} {listed(lines, _MOST_SPOTS)}"


def brace_error(origin: Origin, parts: Sequence[Part]) -> PromptVariableError:
    """Return the error for braces that are neither a variable's nor doubled."""
    lines = brace_lines(origin, parts)
    detail = f" {lines[0].strip()}" if len(lines) == 1 else "\n" + "\n".join(lines)
    return PromptVariableError(
        f"{origin.title} can't be filled:{detail}",
        prompt=origin.name,
        commit_hash=origin.commit_hash,
    )


def brace_lines(origin: Origin, parts: Sequence[Part]) -> list[str]:
    """Return a line for each brace that is neither a variable's nor doubled; of many, the first ones."""
    lines = []
    for part in parts:
        for problem in part.parsed.problems:
            spot = problem.spot
            if part.place or origin.file is None:
                place = place_of(origin, part, [spot]) + f", column {spot.column}"
            else:
                place = f"{origin.place}:{spot.line}:{spot.column}"
            lines.append(f"  {place}: {problem.what}.")
    if len(lines) > _MOST_BRACES:
        lines = [*lines[:_MOST_BRACES], f"  and {len(lines) - _MOST_BRACES} more"]
    return lines


def _summary(groups: Mapping[str, Sequence[str]]) -> str:
    clauses = []
    for what, names in groups.items():
        if names:
            is_or_are = "is" if len(names) == 1 else "are"
            clauses.append(f"{', '.join(map(repr, names))} {is_or_are} {what}")
    return "; ".join(clauses)


def _or_none(names: Sequence[str]) -> str:
    return ", ".join(map(str, names)) or "none"


def _remedies(problems: Problems, names: Sequence[str]) -> Iterator[str]:
    reserved = set(names).intersection(("unused", "blank", "leftover"))
    for name in sorted(reserved):
        yield f"A variable called {name!r} is given by invoke({{{name!r}: …}}): in format it is an option."
    options = []
    for option in ("unused", "blank", "leftover"):
        if getattr(problems, option):
            options.append(f'{option}="allow"')
    if options:
        yield f"If that is intended, pass {' and '.join(options)}, or a list of names each."
