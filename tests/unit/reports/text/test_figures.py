import pytest

from pytest_llmobs.reports.text import figures
from pytest_llmobs.reports.text.page import Page
from pytest_llmobs.wording import count


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, ""),
        (0.8471, "0.847"),
        (1, "1.000"),
        (-2.5, "-2.500"),
        (123.456, "123.5"),
        (54321.6, "54,322"),
        (1e300, "1e+300"),
    ],
)
def test_rates(value, text):
    assert figures.rate(value) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [(None, "unscored"), (1.0, "1"), (0.31, "0.31"), (0.12345, "0.123"), (0, "0"), (-1e300, "-1e+300")],
)
def test_scores(value, text):
    assert figures.score(value) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [(None, ""), (-0.1234, "−0.123"), (0.0451, "+0.045"), (0.0, "0.000"), (-0.0004, "0.000")],
)
def test_differences_carry_a_real_minus(value, text):
    assert figures.signed(value, Page()) == text


def test_differences_in_ascii():
    assert figures.signed(-0.1234, Page(encoding="ascii")) == "-0.123"


@pytest.mark.parametrize(
    ("value", "text"),
    [(None, ""), (0.0021, ".002"), (0.0004, "<.001"), (0.5, ".500"), (1.0, "1"), (0.9996, "1")],
)
def test_p_values(value, text):
    assert figures.probability(value) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "?"),
        (0, "$0"),
        (0.00004, "<$0.0001"),
        (0.01234, "$0.0123"),
        (0.5, "$0.5000"),
        (12.345, "$12.35"),
        (1234.5, "$1,234"),
    ],
)
def test_costs(value, text):
    assert figures.cost(value) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, ""),
        (0, "0 ms"),
        (0.00001, "<0.1 ms"),
        (0.0004, "0.4 ms"),
        (0.012, "12 ms"),
        (0.9994, "999 ms"),
        (0.9996, "1.00 s"),
        (1.234, "1.23 s"),
        (9.996, "10.0 s"),
        (45.67, "45.7 s"),
        (59.96, "1 m 00 s"),
        (185, "3 m 05 s"),
        (3599.7, "1 h 00 m"),
        (7620, "2 h 07 m"),
        (float("nan"), "?"),
    ],
)
def test_durations(value, text):
    assert figures.seconds(value) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, ""),
        (0, "0"),
        (999, "999"),
        (1339, "1.3k"),
        (999_949, "999.9k"),
        (999_950, "1.00M"),
        (10**400, "1e+300"),
    ],
)
def test_tokens(value, text):
    assert figures.tokens(value) == text


def test_counts():
    assert count(1, "trial") == "1 trial"
    assert count(1000, "trial") == "1,000 trials"
    assert count(2, "reply", "replies") == "2 replies"


@pytest.mark.parametrize(
    ("started", "shown"),
    [
        ("2026-11-23T16:14:05+00:00", "2026-11-23 16:14 UTC"),
        ("2026-11-23T16:14:05", "2026-11-23 16:14 UTC"),
        ("2026-11-23T18:14:05+02:00", "2026-11-23 16:14 UTC"),
        ("yesterday", "yesterday"),
    ],
)
def test_times_are_shown_in_utc(started, shown):
    assert figures.moment(started) == shown
