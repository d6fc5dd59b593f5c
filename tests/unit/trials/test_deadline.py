"""A limit in the main thread, and how a process ends after something was given up."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator

import pytest

from pytest_llmobs.trials.deadline import Deadline, TargetTimeout

Make = Callable[[float], Deadline]


@pytest.fixture
def deadline() -> Iterator[Make]:
    made: list[Deadline] = []

    def make(seconds: float) -> Deadline:
        made.append(Deadline(seconds))
        return made[-1]

    yield make
    for each in made:
        each.close()


def test_what_takes_too_long_is_broken_off(deadline: Make) -> None:
    told = r"The test did not end within 0\.01 s \(llm_timeout\)\."
    with pytest.raises(TargetTimeout, match=told), deadline(0.01).limit("The test"):
        threading.Event().wait(60)


def test_one_timer_does_for_many_short_blocks_and_the_long_one_after_them(deadline: Make) -> None:
    limit = deadline(0.05)
    end = time.monotonic() + 0.12
    while time.monotonic() < end:
        with limit.limit("The test"):
            pass
    began = time.monotonic()
    with pytest.raises(TargetTimeout), limit.limit("The test"):
        threading.Event().wait(60)
    assert time.monotonic() - began >= 0.05


def test_nothing_rings_between_two_blocks(deadline: Make) -> None:
    limit = deadline(0.01)
    with limit.limit("The test"):
        pass
    end = time.monotonic() + 0.03
    while time.monotonic() < end:
        pass
    with pytest.raises(TargetTimeout), limit.limit("The test"):
        threading.Event().wait(60)


def test_the_timer_is_given_back() -> None:
    before = signal.getsignal(signal.SIGALRM)
    limit = Deadline(60)
    with limit.limit("The test"):
        assert signal.getitimer(signal.ITIMER_REAL)[0] > 30
    limit.close()
    assert signal.getitimer(signal.ITIMER_REAL) == (0.0, 0.0)
    assert signal.getsignal(signal.SIGALRM) is before


def test_who_swallows_it_gets_it_again(deadline: Make) -> None:
    caught = []
    with deadline(0.01).limit("The test"):
        while len(caught) < 2:
            try:
                threading.Event().wait(60)
            except TargetTimeout as error:
                caught.append(error)
    assert len(caught) == 2


def test_the_timer_of_somebody_else_stays(deadline: Make) -> None:
    before = signal.signal(signal.SIGALRM, signal.SIG_IGN)
    try:
        signal.setitimer(signal.ITIMER_REAL, 60)
        with deadline(0.001).limit("The test"):
            end = time.monotonic() + 0.01
            while time.monotonic() < end:
                pass
        assert signal.getitimer(signal.ITIMER_REAL)[0] > 30
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def test_another_thread_is_not_limited(deadline: Make) -> None:
    limit = deadline(0.001)
    failed = []

    def work() -> None:
        try:
            with limit.limit("The test"):
                assert signal.getitimer(signal.ITIMER_REAL)[0] == 0
        except Exception as error:
            failed.append(error)

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert not failed


SCRIPT = """
import atexit, threading, time
from pytest_llmobs.trials.deadline import exit_anyway

def flush():
    time.sleep(1)
    print("flushed")

atexit.register(flush)
exit_anyway(lambda: 3, grace=0.4)
threading.Timer({busy}, print, ["ended"]).start()
"""


@pytest.mark.parametrize(
    ("busy", "status", "said"), [(0.1, 0, ["ended", "flushed"]), (60, 3, [])], ids=["late", "hung"]
)
def test_what_runs_at_exit_is_cut_off_only_where_a_thread_hangs(
    busy: float, status: int, said: list[str]
) -> None:
    """An exporter's last flush was lost, where the thread had ended meanwhile and the flush took long."""
    script = SCRIPT.format(busy=busy)
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout.split()) == (status, said)
