"""A limit in the main thread."""

from __future__ import annotations

import signal
import threading
import time

import pytest

from pytest_llmobs.experiments.deadline import TargetTimeout, deadline


def test_what_takes_too_long_is_broken_off_and_the_timer_is_gone() -> None:
    before = signal.getsignal(signal.SIGALRM)
    told = r"The test did not end within 0\.01 s \(llm_timeout\)\."
    with pytest.raises(TargetTimeout, match=told), deadline(0.01, "The test"):
        threading.Event().wait(60)
    assert signal.getitimer(signal.ITIMER_REAL) == (0.0, 0.0)
    assert signal.getsignal(signal.SIGALRM) is before


def test_who_swallows_it_gets_it_again() -> None:
    caught = []
    with deadline(0.01, "The test"):
        while len(caught) < 2:
            try:
                threading.Event().wait(60)
            except TargetTimeout as error:
                caught.append(error)
    assert len(caught) == 2


def test_the_timer_of_somebody_else_stays() -> None:
    before = signal.signal(signal.SIGALRM, signal.SIG_IGN)
    try:
        signal.setitimer(signal.ITIMER_REAL, 60)
        with deadline(0.001, "The test"):
            end = time.monotonic() + 0.01
            while time.monotonic() < end:
                pass
        assert signal.getitimer(signal.ITIMER_REAL)[0] > 30
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def test_another_thread_is_not_limited() -> None:
    failed = []

    def work() -> None:
        try:
            with deadline(0.001, "The test"):
                pass
        except Exception as error:
            failed.append(error)

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert not failed
