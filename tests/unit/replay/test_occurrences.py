from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from pytest_llmobs.replay.occurrences import Occurrences


def test_alike_requests_are_counted() -> None:
    occurrences = Occurrences()
    assert [occurrences.take("a"), occurrences.take("a"), occurrences.take("b")] == [1, 2, 1]


def test_what_was_given_back_is_taken_first_and_the_lowest_before_others() -> None:
    occurrences = Occurrences()
    for _ in range(4):
        occurrences.take("a")
    occurrences.give_back("a", 3)
    occurrences.give_back("a", 2)
    assert [occurrences.take("a") for _ in range(3)] == [2, 3, 5]


def test_threads_never_have_the_same_one() -> None:
    occurrences = Occurrences()
    with ThreadPoolExecutor(8) as pool:
        taken = list(pool.map(lambda _: occurrences.take("a"), range(500)))
    assert sorted(taken) == list(range(1, 501))
