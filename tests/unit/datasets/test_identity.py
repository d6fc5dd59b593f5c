import pytest

from pytest_llmobs.datasets.identity import derived_id
from pytest_llmobs.records.examples import content_hash


def test_is_the_words_of_the_first_text_and_a_hash():
    inputs = {
        "count": 3,
        "customer": {"name": ""},
        "query": "I was charged TWICE for order #1234, please help",
    }
    assert derived_id(inputs, ()) == f"i-was-charged-twice-for-{content_hash(inputs)[:8]}"


@pytest.mark.parametrize(
    ("inputs", "slug"),
    [
        ({"q": "Où est ma facture ?"}, "ou-est-ma-facture"),
        ({"q": "請問如何退款"}, "example"),
        ({"n": 3}, "example"),
        ({"q": "x" * 500}, "x" * 28),
        ({"messages": [{"role": "user", "content": "Hello there"}]}, "user"),
        ({}, "example"),
    ],
)
def test_stays_short_and_ascii(inputs, slug):
    assert derived_id(inputs, ()) == f"{slug}-{content_hash(inputs)[:8]}"


def test_tells_equal_inputs_apart():
    taken = set()
    for _ in range(3):
        taken.add(derived_id({"q": "Hi"}, taken))
    stem = f"hi-{content_hash({'q': 'Hi'})[:8]}"
    assert taken == {stem, f"{stem}-2", f"{stem}-3"}


def test_survives_an_edit_of_the_reference(load):
    before = load([{"inputs": {"q": "Hi"}, "outputs": {"a": 1}}]).examples[0]
    after = load([{"inputs": {"q": "Hi"}, "outputs": {"a": 2}}]).examples[0]
    assert before.id == after.id
    assert before.hash != after.hash


def test_leaves_given_ids_alone(load):
    derived = derived_id({"q": "Hi"}, ())
    first, second = load([{"inputs": {"q": "Hi"}}, {"id": derived, "inputs": {"q": "Ho"}}])
    assert (first.id, second.id) == (f"{derived}-2", derived)
