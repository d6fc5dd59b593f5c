"""The cells that the gate's simulation runs, each with the figures that were published for it.

Figures are percentages with the number of builds behind them. Where one figure stands for several cells (a range, or
the worst of them), each cell is held to the range.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Literal

from gate_worlds import Kind, Process, Scenario, draw_chances

from pytest_llmobs.measures.drops import detectable_drop

Measure = Literal[
    "red", "metric red", "extra", "passes", "control", "drifted", "inconclusive", "false bound", "overstated"
]
"""Of builds: red; with a red metric; DRIFTED; INCONCLUSIVE; NEUTRAL with a bound that the true drop exceeds. Of the
session: further calls. Of a pass: the control's. ``passes``: further passes, in hundredths. ``overstated``: points by
which a REGRESSED row says more than the true drop."""
AMOUNTS = ("extra", "passes", "control", "overstated")
"""Measures that are no share of the builds."""


@dataclass(frozen=True)
class Figure:
    """What was published of a measure."""

    measure: Measure
    low: float
    high: float
    builds: int
    """Behind it."""
    at_most: bool = False
    """Only more than this is worse."""


@dataclass(frozen=True)
class Cell:
    """One kind of build, and what was published of it."""

    table: str
    title: str
    scenario: Scenario
    figures: Sequence[Figure]
    confirm: int = 3
    """Further passes at most."""


def grades(count: int) -> Sequence[Kind]:
    """Return the scores of a suite of so many metrics, all of them grades."""
    return ("grade",) * (count - 1)


def red(figure: float, builds: int) -> Figure:
    """Return a figure of red builds."""
    return Figure("red", figure, figure, builds)


def at_least(low: float, builds: int) -> Figure:
    """Return a figure of red builds that is a lower bound."""
    return Figure("red", low, 100.0, builds)


def at_most(measure: Measure, high: float, builds: int) -> Figure:
    """Return a figure that is an upper bound."""
    return Figure(measure, 0.0, high, builds, at_most=True)


def extra(low: float, high: float, builds: int) -> Figure:
    """Return a figure of further calls."""
    return Figure("extra", low, high, builds)


INCONCLUSIVE = at_most("inconclusive", 4.0, 400)

_HARMLESS: Mapping[int, Sequence[Sequence[float]]] = {
    12: ((1.5, 2.3, 2.5), (2.0, 1.3, 2.3), (1.3, 1.3, 1.0)),
    50: ((1.0, 1.5, 1.0), (1.0, 1.0, 0.0), (1.0, 1.3, 0.5)),
    100: ((1.3, 0.8, 0.0), (1.0, 1.0, 0.0), (0.5, 0.0, 0.0)),
}
_HARMLESS_CALLS: Mapping[int, Sequence[tuple[float, float]]] = {
    12: ((36, 52), (28, 36), (18, 22)),
    50: ((31, 47), (26, 29), (24, 27)),
    100: ((35, 48), (27, 30), (19, 25)),
}
_MEANS = (0.6, 0.85, 0.95)
_UNSEEN: Sequence[Process] = ("logit", "two", "even")


def harmless_cells() -> Iterator[Cell]:
    """Yield builds without a change: three metrics, one pass, three sizes, means and processes."""
    for size, by_mean in _HARMLESS.items():
        for mean, calls, by_process in zip(_MEANS, _HARMLESS_CALLS[size], by_mean, strict=True):
            for process, share in zip(_UNSEEN, by_process, strict=True):
                scenario = Scenario(process=process, mean=mean, examples=size, scores=grades(3))
                title = f"{process}, mean {mean}, N={size}, G=3"
                yield Cell("harmless", title, scenario, (red(share, 400), extra(*calls, 400), INCONCLUSIVE))


def _harmless(table: str, title: str, *figures: Figure, **changes: object) -> Cell:
    scenario = replace(Scenario(scores=grades(3)), **changes)  # type: ignore[arg-type]
    return Cell(table, title, scenario, (*figures, INCONCLUSIVE))


def more_harmless_cells() -> Iterator[Cell]:
    """Yield builds without a change of other sizes, metrics and passes."""
    for size, share, builds in ((6, 2.0, 300), (13, 1.7, 300), (20, 1.3, 300), (200, 0, 300)):
        yield _harmless("sizes", f"N={size}, G=3", red(share, builds), examples=size)
    yield _harmless("sizes", "N=500, G=3", at_most("red", 0.7, 300), examples=500)
    yield _harmless("sizes", "N=1000, G=3", at_most("red", 0.7, 150), examples=1000)
    for size, share, calls, builds in ((12, 0.6, 22, 800), (50, 1.4, 25, 800), (100, 1.9, 23, 1000)):
        yield _harmless(
            "sizes",
            f"N={size}, G=1",
            red(share, builds),
            extra(calls, calls, builds),
            examples=size,
            scores=(),
        )
    for mean, share, calls in ((0.99, 0.3, 16), (1.0, 0, 7)):
        yield _harmless(
            "sizes",
            f"mean {mean}, N=50, G=3",
            red(share, 300),
            extra(calls, calls, 300),
            mean=mean,
            examples=50,
        )
    for passes, shares in ((3, (2.3, 1.6, 1.5)), (5, (2.4, 2.2, 1.0))):
        for size, share, builds in zip((12, 50, 100), shares, (1000, 900, 400), strict=True):
            figures = red(share, builds), extra(4, 10, builds)
            yield _harmless("sizes", f"K={passes}, N={size}, G=3", *figures, repeat=passes, examples=size)
    yield _harmless("sizes", "G=15, N=12", red(1.0, 300), examples=12, scores=grades(15))
    yield _harmless("sizes", "G=15, N=50", at_most("red", 2.3, 300), examples=50, scores=grades(15))
    yield _harmless("sizes", "G=8 binary, N=100", red(2.5, 200), extra(34, 39, 200), scores=("binary",) * 7)
    yield _harmless(
        "sizes", "G=8 continuous, N=50", at_most("red", 1.0, 400), examples=50, scores=("continuous",) * 7
    )


def flawed_cells() -> Iterator[Cell]:
    """Yield builds without a change that lose trials or scores, have clusters, trade places, get one look."""
    for size, lost, share, builds in _LOSSES:
        title = f"{100 * lost:g} % of the trials missing, N={size}, G=3"
        yield _harmless("flaws", title, red(share, builds), examples=size, missing=lost)
    for size, metrics, share in ((12, 3, 0.3), (12, 8, 1.7), (12, 15, 0.7), (50, 8, 0.7)):
        title = f"judge unparsable 1 %, N={size}, G={metrics}"
        figures = red(share, 300), at_most("extra", 45, 300)
        yield _harmless("flaws", title, *figures, examples=size, scores=grades(metrics), unparsable=0.01)
    # how much it matters that nobody told depends on how far the scores move with the tests: published 4.1
    for told, figure in ((True, red(1.8, 800)), (False, Figure("red", 2, 8, 800))):
        title = f"clusters move together in a pass, {'told' if told else 'not told'}, G=3"
        yield _harmless("flaws", title, figure, cluster_pass=1.0, clusters_told=told)
    for swapped, share in ((0.1, 1.7), (0.3, 1.3)):
        figures = Figure("metric red", share, share, 300), Figure("red", 17, 79, 300)
        yield _harmless(
            "flaws", f"{100 * swapped:g} % trade places, G=1", *figures, scores=(), swapped=swapped
        )
    for size in (12, 50, 100):
        figure = Figure("red", 0.7, 1.4, 400)
        for metrics in (1, 3):
            one_look = Scenario(examples=size, scores=grades(metrics))
            yield Cell("flaws", f"one look, N={size}, G={metrics}", one_look, (figure,), confirm=0)


_LOSSES = (
    (12, 0.01, 1.2, 500),
    (12, 0.02, 1.2, 500),
    (12, 0.04, 0.4, 500),
    (50, 0.02, 1.8, 500),
    (50, 0.04, 2.1, 700),
    (100, 0.04, 1.5, 1500),
)
"""Examples, share of lost trials, red, builds."""

_POWER: Sequence[tuple[int, float, float, float]] = (
    (12, 0.05, 7, 5),
    (12, 0.10, 21, 30),
    (12, 0.20, 57, 68),
    (13, 0.20, 65, 70),
    (20, 0.05, 9, 12),
    (20, 0.10, 36, 44),
    (20, 0.20, 78, 90),
    (50, 0.02, 5, 10),
    (50, 0.05, 19, 37),
    (50, 0.10, 68, 84),
    (50, 0.20, 98, 100),
    (100, 0.02, 9, 17),
    (100, 0.05, 49, 61),
    (100, 0.10, 90, 94),
    (200, 0.02, 21, 27),
    (200, 0.05, 75, 92),
    (500, 0.02, 30, 50),
    (500, 0.05, 98, 99),
)
"""Examples, drop, found with logit, found with bimodal."""


_OVERSTATED = {20: (6.8, 6.8), 50: (2.8, 2.8), 100: (1.6, 1.6)}
"""Examples -> points by which a REGRESSED row says more than a true drop of 5; of some 60 red builds."""


def power_cells() -> Iterator[Cell]:
    """Yield builds whose mean fell: one metric, one pass; then three passes, and several metrics."""
    passes = Figure("passes", 50, 170, 240)
    bounds = at_most("false bound", 6, 300)
    for size, drop, logit, bimodal in _POWER:
        builds = 240 if size < 200 else 120
        for process, share in (("logit", logit), ("bimodal", bimodal)):
            scenario = Scenario(process=process, examples=size, drop=drop)  # type: ignore[arg-type]
            title = f"{process}, -{100 * drop:g} points, N={size}"
            figures = [red(share, builds), passes, bounds]
            if drop == 0.05 and size in _OVERSTATED:
                figures.append(Figure("overstated", *_OVERSTATED[size], 60))
            yield Cell("power", title, scenario, figures)
    for process, three, all_of_3, one_of_8 in (("logit", 69, 45, 16), ("bimodal", 83, 45, 31)):
        base = Scenario(process=process, drop=0.05)  # type: ignore[arg-type]
        for title, figure, scenario in (
            ("K=3", red(three, 200), replace(base, repeat=3)),
            # how much more three metrics say than one depends on how steady the scores are
            ("all of 3 metrics", at_least(all_of_3, 200), replace(base, scores=grades(3))),
            ("1 of 8 metrics", red(one_of_8, 200), replace(base, scores=grades(8), dropped=1)),
        ):
            yield Cell("power", f"{process}, -5 points, N=100, {title}", scenario, (figure,))
    base = Scenario(drop=0.10)
    for title, figure, scenario in (
        ("K=3", red(99, 200), replace(base, repeat=3)),
        ("all of 3 metrics", at_least(96, 200), replace(base, scores=grades(3))),
        ("1 of 8 metrics", red(62, 200), replace(base, scores=grades(8), dropped=1)),
    ):
        yield Cell("power", f"logit, -10 points, N=100, {title}", scenario, (figure,))


BROKEN_SIZES: Sequence[tuple[int, Process, Sequence[float]]] = (
    (12, "logit", (100, 100, 88, 37, 82)),
    (50, "logit", (100, 100, 82, 22, 52)),
    (100, "logit", (100, 100, 71, 14, 39)),
    (300, "bimodal", (100, 100, 54, 3, 13)),
)
_BROKEN = ((1, 0.0), (3, 0.0), (1, 0.1), (1, 0.3), (3, 0.3))


def broken_cells() -> Iterator[Cell]:
    """Yield builds in which examples broke that always passed."""
    for size, process, shares in BROKEN_SIZES:
        for (count, rate), share in zip(_BROKEN, shares, strict=True):
            scenario = Scenario(process=process, examples=size, broken=count, broken_rate=rate)
            title = f"{process}, {count} of {size} at pass rate {rate:g}"
            yield Cell("broken", title, scenario, (red(share, 200 if size == 300 else 120),))


_CONTROL_CALLS = {0.0: (4, 4), 0.02: (21, 43), 0.03: (33, 33), 0.05: (68, 68)}
"""Standard deviation of the day's mean -> calls of the control in harmless builds, in percent of a pass."""


def day_cells() -> Iterator[Cell]:
    """Yield builds on days that differ, without a control and with one."""
    base = Scenario(process="bimodal")
    moving = replace(base, day=0.02)
    for title, scenario, builds, shares in (
        ("no days", base, 300, (1.0, 67, 0.3, 62)),
        ("mean moves by 2 points", moving, 300, (6.3, 51, 2.3, 43)),
        ("mean moves by 2 points, K=3", replace(moving, repeat=3), 300, (9.7, 65, 1.7, 58)),
        ("mean moves by 2 points, K=3, N=200", replace(moving, repeat=3, examples=200), 300, (14, 79, 2, 79)),
        ("mean moves by 2 points, N=500", replace(moving, examples=500), 100, (17, 78, 2, 69)),
        ("mean moves by 3 points", replace(base, day=0.03), 300, (10, 49, 2.7, 42)),
    ):
        for control, (harmless, share) in ((False, shares[:2]), (True, shares[2:])):
            word = f"{title}, {'with' if control else 'no'} control"
            once = replace(scenario, control=control)
            figures = [red(harmless, builds)]
            if control:
                figures.append(Figure("control", *_CONTROL_CALLS[scenario.day], builds))
            yield Cell("days", f"{word}, harmless", once, figures)
            yield Cell("days", f"{word}, -5 points", replace(once, drop=0.05), (red(share, builds),))
    far = replace(base, day=0.05, examples=200, control=True)
    figures = red(3.5, 200), Figure("control", *_CONTROL_CALLS[far.day], 200)
    yield Cell("days", "mean moves by 5 points, N=200, with control", far, figures)
    yield from _sticky_cells(base)


_STICKY_MEAN = 0.95
"""Where examples pass less often, fewer of them always passed in the baseline, and chance alone makes fewer builds red:
at a mean of .85 47 % instead of the published 64 %."""


def _sticky_cells(base: Scenario) -> Iterator[Cell]:
    for size, rate, mean, shares in (
        (20, 0.01, 0.85, (15, 0.7)),
        (50, 0.01, 0.85, (29, 1.7)),
        (100, 0.01, _STICKY_MEAN, (64, 1.8)),
        (100, 0.03, 0.95, (93, 2.7)),
    ):
        for control, share in zip((False, True), shares, strict=True):
            scenario = replace(base, examples=size, sticky=rate, mean=mean, control=control)
            title = f"{100 * rate:g} % fail all day, N={size}, {'with' if control else 'no'} control"
            figures = [red(share, 300)]
            if control:
                figures.append(Figure("control", 19, 54, 300))
            yield Cell("days", title, scenario, figures)
    for control, share in ((False, 99.5), (True, 97.5)):
        title = f"1 % fail all day and one broke, {'with' if control else 'no'} control"
        scenario = replace(base, sticky=0.01, broken=1, mean=_STICKY_MEAN, control=control)
        yield Cell("days", title, scenario, (red(share, 400),))
    for control, share in ((False, 20), (True, 4.3)):
        title = f"clusters move all day, {'with' if control else 'no'} control"
        yield Cell("days", title, replace(base, cluster_day=1.0, control=control), (red(share, 300),))


_BASELINES: Sequence[tuple[int, int, Sequence[float], tuple[float, float]]] = (
    (5, 1, (67, 80, 1.0, 6.3, 64), (11, 14)),
    (10, 1, (70, 87, 0.8, 6.5, 58), (45, 58)),
    (10, 2, (67, 87, 0.5, 5.0, 63), (45, 58)),
    (15, 3, (72, 84, 1.8, 9.3, 55), (54, 69)),
    (25, 5, (73, 87, 1.3, 3.5, 58), (55, 68)),
)
"""Passes, sessions, red, and red where one example broke to a pass rate of .3. The last was published as of before
guard 2 dropped an example that passes twice within four trials; the lower end is what that leaves of it, exactly."""


def baseline_cells() -> Iterator[Cell]:
    """Yield builds against longer baselines, of one session or several."""
    for passes, sessions, shares, broke in _BASELINES:
        base = Scenario(process="bimodal", baseline=passes, sessions=sessions)
        kinds: Mapping[str, Scenario] = {
            "-5 points": replace(base, drop=0.05),
            "-10 points, N=50": replace(base, drop=0.10, examples=50),
            "harmless": base,
            "harmless, mean moves by 2 points": replace(base, day=0.02),
            "harmless, 1 % fail all day": replace(base, sticky=0.01, mean=_STICKY_MEAN),
        }
        for (kind, scenario), share in zip(kinds.items(), shares, strict=True):
            yield Cell("baselines", f"{passes} passes ({sessions}), {kind}", scenario, (red(share, 400),))
        title = f"{passes} passes ({sessions}), one at pass rate .3"
        once = replace(base, broken=1, broken_rate=0.3)
        yield Cell("baselines", title, once, (Figure("red", *broke, 400),))


@cache
def variance_within(process: Process, mean: float = 0.85) -> float:
    """Return the mean variance of a trial around its example's chance."""
    chances = draw_chances(Scenario(process=process, mean=mean, examples=20_000), random.Random(1))
    return sum(p * (1 - p) for p in chances) / len(chances)


def detectable_cells() -> Iterator[Cell]:
    """Yield builds whose mean fell by the smallest drop that is said to be found."""
    for size, repeat, low, high in (
        (12, 1, 90, 96),
        (20, 1, 89, 98),
        (50, 1, 79, 89),
        (100, 1, 82, 90),
        (200, 1, 76, 81),
        (100, 3, 92, 92),
    ):
        for process in ("logit", "bimodal"):
            drop = detectable_drop(variance_within(process), 5, repeat + 3, size, 1)  # type: ignore[arg-type]
            scenario = Scenario(process=process, examples=size, repeat=repeat, drop=drop)  # type: ignore[arg-type]
            title = f"{process}, the MDE (-{100 * drop:.1f} points), N={size}, K={repeat}"
            yield Cell("detectable", title, scenario, (Figure("red", low, high, 250),))


TABLES: Mapping[str, Callable[[], Iterator[Cell]]] = {
    "harmless": harmless_cells,
    "sizes": more_harmless_cells,
    "flaws": flawed_cells,
    "power": power_cells,
    "broken": broken_cells,
    "days": day_cells,
    "baselines": baseline_cells,
    "detectable": detectable_cells,
}
