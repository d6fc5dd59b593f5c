"""The rate at which attempts start follows what the server allows."""

from __future__ import annotations

import pytest

from pytest_llmobs.trials.rate_limit import SLOWEST, RateLimit


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


def test_without_a_rejection_there_is_no_limit(clock: Clock) -> None:
    limit = RateLimit(clock)
    for _ in range(1000):
        assert limit.delay() == 0
        limit.started()
    assert limit.rate is None


def test_a_rejection_sets_the_rate_below_what_the_server_answered(clock: Clock) -> None:
    limit = RateLimit(clock)
    for _ in range(20):
        clock.now += 0.1
        limit.succeeded()
    limit.rejected()
    assert limit.rate == pytest.approx(0.7 * 10, rel=0.1)
    assert limit.delay() > 0


def test_rejections_of_one_burst_count_once(clock: Clock) -> None:
    limit = RateLimit(clock)
    limit.rejected()
    rate = limit.rate
    limit.rejected()
    assert limit.rate == rate


def test_the_rate_never_falls_to_nothing(clock: Clock) -> None:
    limit = RateLimit(clock)
    for _ in range(50):
        clock.now += 2
        limit.rejected()
    assert limit.rate == SLOWEST


def test_it_waits_as_long_as_the_server_asks(clock: Clock) -> None:
    limit = RateLimit(clock)
    limit.rejected(retry_after=30.0)
    assert limit.delay() >= 30.0


def test_a_server_that_allows_ten_a_second_is_used_at_about_that_rate(clock: Clock) -> None:
    limit = RateLimit(clock)
    tokens, answered, rejected = 10.0, 0, 0
    for _ in range(60_000):  # 60 s in steps of a millisecond
        clock.now += 0.001
        tokens = min(10.0, tokens + 0.01)
        if limit.delay() > 0:
            continue
        limit.started()
        if tokens >= 1:
            tokens -= 1
            answered += 1
            limit.succeeded()
        else:
            rejected += 1
            limit.rejected()
    assert 0.75 * 600 <= answered <= 610
    assert rejected < 0.2 * answered


def test_a_process_that_came_too_late_gets_its_share(clock: Clock) -> None:
    first, late = RateLimit(clock), RateLimit(clock)
    clock.now = 0.1
    for _ in range(10):  # the whole burst that the server allows goes to one of two
        first.succeeded()
    first.rejected()
    late.rejected()
    tokens, answered = 0.0, {first: 0, late: 0}
    for _ in range(20_000):  # 20 s in steps of a millisecond
        clock.now += 0.001
        tokens = min(10.0, tokens + 0.01)
        for limit in (first, late):
            if limit.delay() > 0:
                continue
            limit.started()
            if tokens >= 1:
                tokens -= 1
                answered[limit] += 1
                limit.succeeded()
            else:
                limit.rejected()
    assert sum(answered.values()) >= 0.75 * 200
    assert answered[late] >= 0.25 * sum(answered.values())
