"""The bar of an evaluation: one line, no wider than the terminal, and nothing where there is none."""

from __future__ import annotations

import io
import os
import pty

import pytest

from pytest_llmobs.client.evaluation_setup.progress import ProgressBar, progress_bar, shown_progress
from pytest_llmobs.records.trials import Trial, TrialScore, TrialStatus
from tests.unit.client.evaluations import plan_of, row, under_way


class Clock:
    """Seconds that pass when a test says so."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


class Terminal(io.StringIO):
    """A terminal that keeps what it was sent."""

    encoding = "utf-8"

    def isatty(self) -> bool:
        return True

    @property
    def shown(self) -> str:
        """The line as it stands: what was written after the last time it was emptied."""
        return self.getvalue().rpartition("\r\x1b[K")[2]


def trial(number: int, tone: float | None = 0.5, status: TrialStatus = "passed") -> Trial:
    scores = {} if tone is None else {"tone": TrialScore(score=tone, gating=True)}
    return Trial(
        suite="s",
        example_id=f"e{number}",
        example_hash="0",
        repeat=1,
        nodeid=f"s[e{number}]",
        status=status,
        scores=scores,
    )


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def terminal() -> Terminal:
    return Terminal()


def bar_of(terminal: Terminal, clock: Clock, *, total: int = 40, width: int = 120) -> ProgressBar:
    return ProgressBar(total, terminal, width=lambda: width, clock=clock)


def test_it_says_how_many_are_done_what_failed_the_means_and_the_time_left(
    terminal: Terminal, clock: Clock
) -> None:
    bar = bar_of(terminal, clock)
    trials = [trial(number) for number in range(8)]
    trials += [trial(8, tone=None, status="error"), trial(9, tone=1.0)]
    clock.now += 11
    bar.update(trials)
    assert terminal.shown.startswith("[#####               ] llm 10/40 · 1 failed")
    assert "tone 0.556" in terminal.shown
    assert terminal.shown.endswith("33 s left")


def test_it_draws_ten_times_a_second_at_most_and_always_at_the_end(terminal: Terminal, clock: Clock) -> None:
    bar = bar_of(terminal, clock)
    trials = [trial(number) for number in range(40)]
    for ended in range(1, 40):
        clock.now += 0.01
        bar.update(trials[:ended])
    assert terminal.getvalue().count("\r") == 4
    bar.update(trials)
    bar.update(trials)
    assert "40/40" in terminal.shown
    assert terminal.getvalue().count("\r") == 5


def test_the_time_left_goes_on_while_no_trial_ends(terminal: Terminal, clock: Clock) -> None:
    bar = bar_of(terminal, clock)
    trials = [trial(number) for number in range(20)]
    clock.now += 10
    bar.update(trials)
    assert terminal.shown.endswith("10 s left")
    clock.now += 2
    bar.update(trials)
    assert terminal.shown.endswith("12 s left")


@pytest.mark.parametrize("width", [12, 20, 40, 80, 120])
def test_it_never_fills_the_last_cell_of_a_line(terminal: Terminal, clock: Clock, width: int) -> None:
    bar = bar_of(terminal, clock, width=width)
    bar.update([trial(0, tone=0.123)])
    assert 0 < len(terminal.shown) < width


def test_a_narrow_terminal_gets_the_figures_without_a_bar(terminal: Terminal, clock: Clock) -> None:
    bar_of(terminal, clock, width=60).update([trial(0)])
    assert terminal.shown.startswith("llm 1/40")


def test_it_leaves_a_clean_line_behind(terminal: Terminal, clock: Clock) -> None:
    bar = bar_of(terminal, clock)
    bar.update([trial(0)])
    bar.close()
    clock.now += 60
    bar.update([trial(0), trial(1)])
    assert terminal.shown == ""


def test_a_metric_with_a_control_character_moves_no_cursor(terminal: Terminal, clock: Clock) -> None:
    bar = bar_of(terminal, clock)
    odd = trial(0)
    bar.update(
        [
            Trial(
                suite="s",
                example_id="e",
                example_hash="0",
                repeat=1,
                nodeid="n",
                status="passed",
                scores={"to\x1b[2Jne": next(iter(odd.scores.values()))},
            )
        ]
    )
    assert "\x1b" not in terminal.shown


def test_a_terminal_that_takes_no_unicode_gets_ascii(clock: Clock) -> None:
    terminal = Terminal()
    terminal.encoding = "ascii"
    bar_of(terminal, clock).update([trial(0)])
    assert terminal.shown.isascii()


def test_a_terminal_that_went_away_stops_nothing(clock: Clock) -> None:
    terminal = Terminal()
    bar = bar_of(terminal, clock)
    terminal.close()
    bar.update([trial(0)])
    bar.close()


def test_there_is_a_bar_on_a_real_terminal_as_wide_as_that_is() -> None:
    controller, terminal = pty.openpty()
    with os.fdopen(terminal, "w") as stream:
        import fcntl
        import struct
        import termios

        fcntl.ioctl(stream, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 30, 0, 0))
        bar = progress_bar(3, stream, environ={})
        assert bar is not None
        bar.update([trial(0)])
        shown = os.read(controller, 1000).decode()
    os.close(controller)
    assert shown == "\r\x1b[Kllm 1/3 · pass 1.000 · +1"


def test_an_evaluation_is_shown_while_it_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = Terminal()
    monkeypatch.setattr("sys.stderr", terminal)
    monkeypatch.delenv("CI", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    evaluation = under_way(plan_of(["a"]))
    evaluation.add(row("a"))
    with shown_progress(evaluation):
        pass
    assert "llm 1/1" in terminal.getvalue()
    assert terminal.shown == ""


@pytest.mark.parametrize("environ", [{"CI": "true"}, {"CI": "1"}, {"TERM": "dumb"}])
def test_there_is_none_in_ci_and_where_a_line_cant_be_drawn_over(environ: dict[str, str]) -> None:
    assert progress_bar(3, Terminal(), environ=environ) is None


def test_there_is_none_into_a_file_or_a_pipe() -> None:
    assert progress_bar(3, io.StringIO(), environ={"CI": "false"}) is None
    closed = io.StringIO()
    closed.close()
    assert progress_bar(3, closed, environ={}) is None
