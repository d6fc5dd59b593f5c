"""What is to become of runs that are curated: what ``llmobs curate`` prints before it writes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from pytest_llmobs.curation.plans import CurationPlan, Duplicate, FailureMode, LeakingRun, Recurrence, Text
from pytest_llmobs.records.feedback import FeedbackStats
from pytest_llmobs.reports.text import cells, figures
from pytest_llmobs.reports.text.page import Page
from pytest_llmobs.wording import count

_SHOWN = 3
"""Duplicates of a kind, and leaks, that are shown."""
_KEYS = 4
"""Reasons, and keys of feedback, that are named."""
_SHORT_ID = 13
"""Letters of a run's id that tell its time to the millisecond."""
_EXAMPLE_ID = 28
"""Most cells of an example's id."""
_LEAST_TEXT = 20
"""Cells of a line that a text gets, however long what stands before it is."""
_NAME = 40
"""Most cells of a key or a name that stands within a line."""

Line = tuple[str, int, str]
"""What is counted, how many there are, and a remark."""


def curation_page(plan: CurationPlan, page: Page, *, by_meaning: bool = False) -> list[str]:
    """Return the figures, what is dropped and against what, what leaks, and the clusters of failures.

    Args:
        plan: It.
        page: Where it goes.
        by_meaning: An embedder told the clusters apart, not their words.
    """
    lines = _figures(plan, page)
    exact, near = _by_kind(plan.duplicates)
    lines += _block("exact duplicates", exact, page)
    lines += _block("near duplicates", near, page)
    lines += _block("leaks between splits", plan.leaks, page)
    if plan.modes:
        lines += ["", page.paint(_title(plan, by_meaning), "bold")]
    for mode in plan.modes:
        lines += ["", *_mode(mode, page)]
    return lines


def _title(plan: CurationPlan, by_meaning: bool) -> str:
    # of a queue most are good ones
    what = "clusters of failures" if plan.queue is None else "clusters"
    return f"{what}, by {'meaning' if by_meaning else 'words'}"


def _by_kind(duplicates: Sequence[Duplicate]) -> tuple[list[Duplicate], list[Duplicate]]:
    exact: list[Duplicate] = []
    near: list[Duplicate] = []
    for duplicate in duplicates:
        (exact if duplicate.is_exact else near).append(duplicate)
    return exact, near


def _figures(plan: CurationPlan, page: Page) -> list[str]:
    exact, near = _by_kind(plan.duplicates)
    options = plan.options
    rows: list[Line] = [
        ("found", plan.found, _counted(plan.reasons, page)),
        ("left out", sum(plan.left_out.values()), _counted(plan.left_out, page)),
        ("without inputs", len(plan.without_inputs), "no examples"),
        ("in the dataset", len(plan.already_there), "examples were made of them before"),
        ("dismissed", len(plan.dismissed), "left out, as is what is like them"),
        ("exact duplicates", len(exact), _in_dataset(exact)),
        ("near duplicates", len(near), _in_dataset(near)),
        ("leaks", len(plan.leaks), _done_about_leaks(options.on_leak)),
        ("over the cap", plan.over_cap, f"{options.cap:,} of a cluster at most"),
        ("to complete", len(plan.completions), f"examples whose run {_whose(plan)} since"),
        ("to add", len(plan.drafts), _outputs(plan)),
    ]
    # a zero says nothing, but for what was found and what comes of it
    shown = [row for row in rows if row[1] or row[0] in ("found", "to add")]
    names = max(cells.width(name) for name, _, _ in shown)
    digits = max(len(f"{number:,}") for _, number, _ in shown)
    lines = []
    for name, number, remark in shown:
        line = f"{cells.pad(name, names)}  {number:>{digits},}"
        if remark:
            line += "  " + page.clip(remark, page.width - names - digits - 4)
        lines.append(page.paint(line, "bold" if name == "to add" else ""))
    return lines


def _counted(counts: Mapping[str, int], page: Page) -> str:
    names = [f"{page.clip(page.line(name), _NAME)} {number:,}" for name, number in counts.items()]
    return page.named(names, _KEYS)


def _in_dataset(duplicates: Sequence[Duplicate]) -> str:
    number = sum(duplicate.in_dataset for duplicate in duplicates)
    return f"{number:,} of them of examples" if number else ""


def _done_about_leaks(on_leak: str) -> str:
    if on_leak == "move":
        return "put into the split of their near-duplicate"
    return "left out: their near-duplicate is in another split"


def _outputs(plan: CurationPlan) -> str:
    open_ones = sum(not draft["outputs"] for draft in plan.drafts)
    kept = len(plan.drafts) - open_ones - plan.corrected
    is_reviewed = plan.queue is not None
    parts = []
    for number, what in (
        (plan.corrected, "with a reviewer's correction" if is_reviewed else "with a user's correction"),
        (kept, "with the accepted answer" if is_reviewed else "with the app's outputs"),
        (open_ones, "for a person to complete"),
    ):
        if number:
            parts.append(f"{number:,} {what}")
    return ", ".join(parts)


def _whose(plan: CurationPlan) -> str:
    return "a user has corrected" if plan.queue is None else "was accepted or corrected"


def _block(title: str, pairs: Sequence[Duplicate | LeakingRun], page: Page) -> list[str]:
    """Return the most telling of some pairs: the least alike, about which one may doubt."""
    if not pairs:
        return []
    # what is surely the same needs no second look
    lines = ["", page.paint(title, "bold")]
    for pair in sorted(pairs, key=lambda pair: pair.similarity)[:_SHOWN]:
        lines += _pair(pair, page)
    if len(pairs) > _SHOWN:
        lines.append(page.paint(f"  and {len(pairs) - _SHOWN:,} more: --json has all", "dim"))
    return lines


def _pair(pair: Duplicate | LeakingRun, page: Page) -> Iterator[str]:
    is_example = isinstance(pair, LeakingRun) or pair.in_dataset
    kind = "example" if is_example else "run"
    if isinstance(pair, LeakingRun) and pair.split:
        kind = f"split {page.clip(page.line(_named(pair.split)), _NAME)}, example"
    yield _told(f"  {pair.similarity:.2f}  run", pair.run, page, is_run=True)
    yield _told(f"     {page.signs.alike}  {kind}", pair.of, page, is_run=not is_example)


def _named(split: str | Sequence[str]) -> str:
    return split if isinstance(split, str) else ", ".join(split)


def _told(start: str, text: Text, page: Page, *, is_run: bool) -> str:
    """Return an id, of a run its beginning, with as much of its text as there is room for."""
    id = page.line(text.id)[:_SHORT_ID] if is_run else page.clip_middle(page.line(text.id), _EXAMPLE_ID)
    head = page.clip(f"{start} {id}", page.width - _LEAST_TEXT) + "  "
    return head + page.clip(page.line(text.text), page.width - cells.width(head))


def _mode(mode: FailureMode, page: Page) -> Iterator[str]:
    parts = [count(mode.runs, "run"), f"{len(mode.members):,} distinct"]
    for number, what in (
        (mode.taken, "to add"),
        (mode.there, "there already"),
        (mode.dismissed, "dismissed"),
        (mode.leaking, "leaking"),
        (mode.over_cap, "over the cap"),
    ):
        if number:
            parts.append(f"{number:,} {what}")
    yield page.paint(page.clip(page.line(", ".join(mode.terms) or mode.name), page.width), "cyan")
    yield from page.flow([f"  {parts[0]}", *parts[1:]], "    ")
    yield from page.flow(_when(mode.recurrence), "    ")
    for line in (_feedback(mode.feedback, page), _error(mode)):
        if line:
            yield "  " + page.clip(page.line(line), page.width - 2)
    for text in mode.typical:
        yield _quoted(page.signs.dot, text, page)
    if mode.odd is not None:
        yield _quoted("odd", mode.odd, page)


def _quoted(mark: str, text: Text, page: Page) -> str:
    head = f"  {mark} "
    return head + page.clip(page.line(text.text), page.width - cells.width(head))


def _when(recurrence: Recurrence) -> list[str]:
    first, last = f"{recurrence.first_seen:%Y-%m-%d %H:%M}", f"{recurrence.last_seen:%Y-%m-%d %H:%M}"
    parts = [f"  {recurrence.kind}: {first} UTC"]
    if recurrence.runs > 1:
        parts = [f"  {recurrence.kind}: {first} to {last} UTC", count(recurrence.days, "day")]
    for number, what in ((recurrence.users, "user"), (recurrence.sessions, "session")):
        if number is not None:
            parts.append(count(number, what))
    return parts


def _error(mode: FailureMode) -> str:
    """Return the most frequent error, and how many there are of it."""
    for error, number in mode.errors.items():
        return f"error, {number:,} of {mode.runs:,}: {error}"
    return ""


def _feedback(stats: Mapping[str, FeedbackStats], page: Page) -> str:
    """Return the mean of each key: ``user_rating 0.12 (34)``."""
    parts = []
    for key, own in stats.items():
        name = page.clip(page.line(key), _NAME)
        if own.avg is not None:
            parts.append(f"{name} {figures.rate(own.avg)} ({own.n:,})")
        elif own.values:
            label, number = max(own.values.items(), key=lambda item: item[1])
            parts.append(f"{name} {page.clip(page.line(label), _NAME)} ({number:,} of {own.n:,})")
    return page.named(parts, _KEYS)
