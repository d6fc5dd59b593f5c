"""Machines that don't talk to each other agree on who runs what."""

from __future__ import annotations

from pathlib import Path

import pytest

from pytest_llmobs.baselines.file import save_baseline
from pytest_llmobs.baselines.paths import baseline_path
from pytest_llmobs.baselines.records import Baseline, BaselineRow
from pytest_llmobs.experiments.shards import OVERHEAD, Shard, deal, durations, hashed, whole_name

EXAMPLES = [f"example-{number}" for number in range(1000)]


def test_a_shard_reads_and_writes_itself() -> None:
    assert str(Shard.parse("2/4")) == "2/4"
    assert Shard(2, 4).name("nightly") == "nightly.shard-2-of-4"
    assert whole_name("nightly.shard-2-of-4") == "nightly"
    assert whole_name("nightly") == "nightly"


def test_the_hash_of_an_id_never_changes() -> None:
    # These values are part of the product: another version on one machine must not split differently.
    assert [hashed(name, 4) for name in ("ada", "grace", "edsger", "Zoë")] == [3, 4, 3, 1]


def test_without_durations_the_id_alone_decides() -> None:
    one = deal({"a": dict.fromkeys(EXAMPLES)}, 4)
    fewer = deal({"a": dict.fromkeys(EXAMPLES[500:]), "b": {"other": None}}, 4)
    assert all(one[key] == fewer[key] for key in fewer if key[0] == "a")
    sizes = [list(one.values()).count(number) for number in (1, 2, 3, 4)]
    assert sum(sizes) == 1000
    assert min(sizes) > 200


def test_durations_balance_the_work() -> None:
    times: dict[str, float | None] = {name: 1.0 + (number % 10) ** 2 for number, name in enumerate(EXAMPLES)}
    dealt = deal({"suite": times}, 7)
    loads = [sum(times[e] or 0 for (_, e), shard in dealt.items() if shard == n) for n in range(1, 8)]
    assert max(loads) <= min(loads) * 1.05


def test_one_slow_example_gets_a_shard_to_itself() -> None:
    dealt = deal({"suite": {"slow": 100.0, **dict.fromkeys(EXAMPLES[:30], 1.0)}}, 2)
    alone = dealt["suite", "slow"]
    assert [key for key, shard in dealt.items() if shard == alone] == [("suite", "slow")]


def test_examples_without_a_duration_count_as_usual_ones() -> None:
    unknown = dict.fromkeys(EXAMPLES[:100])
    dealt = deal({"old": dict.fromkeys(EXAMPLES[100:200], 1.0), "new": unknown}, 2)
    assert all(dealt["new", name] == hashed(name, 2) for name in unknown)
    assert [list(dealt.values()).count(number) for number in (1, 2)] == [100, 100]


def test_the_order_of_the_arguments_is_no_matter() -> None:
    times = {name: float(number % 7) for number, name in enumerate(EXAMPLES)}
    backwards = dict(reversed(times.items()))
    assert deal({"a": times, "b": times}, 5) == deal({"b": backwards, "a": backwards}, 5)


def test_durations_come_from_the_committed_baseline_alone(tmp_path: Path) -> None:
    row = BaselineRow(hash="h", passes=(1.0,), latency=2.5)
    rows = {"slow": row, "unmeasured": BaselineRow(hash="h", passes=(1.0,))}
    save_baseline(baseline_path(tmp_path, "t.py::test"), Baseline(suite="t.py::test", rows=rows))
    found = durations(tmp_path, "t.py::test", {"slow", "unmeasured", "new"})
    assert found == {"new": None, "slow": pytest.approx(2.5 + OVERHEAD), "unmeasured": None}


def test_without_a_readable_baseline_nothing_is_known(tmp_path: Path) -> None:
    assert durations(tmp_path, "t.py::test", {"a"}) == {"a": None}
    baseline_path(tmp_path, "t.py::test").write_text("<<<<<<< ours")
    assert durations(tmp_path, "t.py::test", {"a"}) == {"a": None}
