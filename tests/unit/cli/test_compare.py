import json


def test_two_experiments_side_by_side(llmobs, store):
    done = llmobs("compare", "calm", "brave-otter")
    assert (done.returncode, done.stderr) == (1, "")
    assert done.stdout.splitlines() == [
        "A  calm-heron · 2026-11-22 10:00 UTC · 921dd62",
        "B  brave-otter · 2026-11-23 16:14 UTC · 921dd62",
        "",
        "  metric  baseline  candidate       Δ  n  verdict",
        "─" * 53,
        "tests/test_support.py::test_support_agent · 1 example",
        "✗ pass       1.000      0.000  −1.000  1  ▼ REGRESSED",
        "✗ pass: not confirmed by a second run",
        "",
        "1 example moved",
        "  example        metric    A    B       Δ",
        "─────────────────────────────────────────",
        "▼ double-charge  pass    1/1  0/1  −1.000",
    ]


def test_the_better_one_is_green(llmobs, store):
    done = llmobs("compare", "brave-otter", "calm-heron")
    assert done.returncode == 0
    assert "▲ double-charge  pass    0/1  1/1  +1.000" in done.stdout


def test_an_experiment_equals_itself(llmobs, store):
    done = llmobs("compare", "calm-heron", "calm-heron")
    assert done.returncode == 0
    assert done.stdout.splitlines()[-1] == "no example moved"


def test_machines_get_json(llmobs, store):
    done = llmobs("compare", "calm", "brave", "--json")
    compared = json.loads(done.stdout)
    assert (compared["before"], compared["after"]) == ("calm-heron", "brave-otter")
    assert compared["moved"][0]["difference"] == -1.0


def test_an_unknown_experiment_names_the_nearest(llmobs, store):
    done = llmobs("compare", "calm-heron", "brave-oter")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == (
        "Unknown experiment 'brave-oter'. Did you mean 'brave-otter'? `llmobs experiments` lists them.\n"
    )


def test_two_names_are_needed(llmobs, store):
    done = llmobs("compare", "calm-heron")
    assert done.returncode == 2
    assert "the following arguments are required: B" in done.stderr
