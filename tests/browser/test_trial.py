"""The page of one trial: why it failed, how its answer differs, what went in, scores, what changed; ways to others."""

from __future__ import annotations

import json
import re
from dataclasses import replace

import pytest
from playwright.sync_api import Page, expect

from pytest_llmobs.records.experiments import Experiment
from pytest_llmobs.records.trials import TrialScore
from tests.browser.experiments import support_red
from tests.browser.recorded import Recorded

PHONE = {"width": 320, "height": 640}
ACCEPTED = "a.button:has-text('accepted answer')"


@pytest.fixture
def open_trial(open_red):
    """Open the page of a trial of the red experiment: ``open_trial(0, "?diff=off")``."""

    def open_it(row: int, options: str = "", **known: object) -> Page:
        return open_red(f"#/trial/{row}{options}", **known)

    return open_it


def section(page: Page, title: str):
    """Return the section of a title."""
    return page.locator("section").filter(has=page.get_by_role("heading", name=title, exact=True, level=2))


def with_first_trial(**columns: object) -> tuple[Experiment, Recorded]:
    """Return the red experiment with other columns of its first trial."""
    experiment, evidence = support_red()
    first, *others = experiment.trials
    return replace(experiment, trials=(replace(first, **columns), *others)), evidence


def with_root(**columns: object) -> tuple[Experiment, Recorded]:
    """Return the red experiment with other columns of its first trial's root run."""
    experiment, evidence = support_red()
    root, *others = evidence.traces
    return experiment, replace(evidence, traces=[root._replace(**columns), *others])


def test_a_trial_says_what_it_is_and_why_it_failed(open_trial) -> None:
    page = open_trial(0)
    expect(page.get_by_role("heading", level=1)).to_have_text("double-charge")
    head = page.locator("article.trial")
    expect(head).to_contain_text("✗ failed")
    expect(head).to_contain_text("red: broken")
    expect(head).to_contain_text("repeat 1 · tests/test_support.py::test_support_agent")
    expect(page.locator(".notice.bad")).to_contain_text("assert llm_run.score(tone) >= 0.7")


def test_the_answer_is_compared_with_the_accepted_one(open_trial) -> None:
    answer = section(open_trial(0), "Answer")
    expect(answer.locator(".payload del")).to_contain_text("the second charge is refunded within three days")
    expect(answer.locator(".payload ins")).to_contain_text("we will look into double-charge")
    expect(answer).to_contain_text("only the accepted answer of 600e07e has this")


def test_an_answer_that_is_the_accepted_one_says_so(open_report) -> None:
    experiment, evidence = support_red()
    passing = next(trial for trial in experiment.trials if trial.status == "passed")
    page = open_report(experiment, "#/?filter=status:passed", evidence=evidence)
    page.locator(f'a[data-row]:text-is("{passing.example_id}")').first.click()
    expect(section(page, "Answer")).to_contain_text("✓ word for word the accepted answer of 600e07e")
    expect(page.locator("del, ins")).to_have_count(0)


def test_d_shows_the_answers_beside_each_other_and_back(open_trial) -> None:
    page = open_trial(0)
    answer = section(page, "Answer")
    page.keyboard.press("d")
    expect(answer.locator("del")).to_have_count(0)
    expect(answer.get_by_role("heading", level=3)).to_have_text(["accepted answer of 600e07e", "this answer"])
    assert page.url.endswith("?diff=off")
    page.keyboard.press("d")
    expect(answer.locator(".payload del")).to_have_count(1)


def test_a_link_opens_the_answer_without_marks(open_trial) -> None:
    page = open_trial(0, "?diff=off")
    expect(section(page, "Answer").locator("del")).to_have_count(0)
    expect(page.locator("#diff-off")).to_have_attribute("aria-current", "true")


def test_the_choice_keeps_the_focus_and_goes_on_to_the_next_trial(open_trial) -> None:
    page = open_trial(0)
    page.locator("#diff-off").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#diff-off")).to_have_attribute("aria-current", "true")
    expect(page.locator("#diff-off")).to_be_focused()
    page.keyboard.press("j")
    expect(page.locator("article")).to_contain_text("repeat 2")
    assert "diff=off" in page.url


def test_an_answer_is_compared_with_a_reference_that_is_a_text(open_report) -> None:
    experiment, evidence = with_root(reference_outputs=b'{"output": "Hello Ana, it is refunded."}')
    page = open_report(experiment, "#/trial/0?diff=reference", evidence=evidence)
    answer = section(page, "Answer")
    expect(answer.locator(".payload del")).to_contain_text("is refunded")
    expect(answer).to_contain_text("only the reference has this")


def test_without_a_baseline_the_answer_stands_alone(open_report) -> None:
    experiment, evidence = support_red()
    page = open_report(experiment, "#/trial/0", evidence=replace(evidence, baselines={}))
    answer = section(page, "Answer")
    expect(answer.locator(".payload")).to_have_text("Hello {customer_name}, we will look into double-charge.")
    expect(answer.get_by_text("Compared with")).to_have_count(0)


def test_a_trial_without_an_answer_says_so(open_report) -> None:
    experiment, _ = with_first_trial(output="", run_id=None)
    page = open_report(experiment, "#/trial/0")
    expect(section(page, "Answer")).to_contain_text("No answer is stored.")
    expect(section(page, "Trace")).to_contain_text("The trace of this trial isn't stored.")


def test_inputs_reference_and_metadata_are_read_as_fields(open_trial) -> None:
    page = open_trial(0)
    inputs = section(page, "Inputs").locator("dl > div")
    expect(inputs).to_have_text(
        ["customer_nameAna", "textAbout double-charge: I was charged twice, please help."]
    )
    expect(section(page, "Reference")).to_contain_text('["refund", "sorry"]')
    expect(section(page, "Metadata")).to_contain_text("critical")


def test_each_score_has_its_reason_and_what_the_accepted_code_scored(open_trial) -> None:
    scores = section(open_trial(0), "Scores").get_by_role("listitem")
    expect(scores).to_have_count(4)
    expect(scores.nth(0)).to_have_text("pass0accepted 1, 1, 1, 1, 1accepted code now 1, 1, 1")
    expect(scores.nth(1)).to_contain_text("tone_quality0.3accepted 0.9, 0.9, 0.9, 0.9, 0.9")
    expect(scores.nth(1)).to_contain_text("Cold: it neither apologises nor says when.")
    expect(scores.nth(3)).to_have_text("topicaccountfor information")


def test_scores_that_are_missing_say_why(open_report) -> None:
    scores = {
        "tone_quality": TrialScore(error="ValueError: the judge said 'maybe'", gating=True),
        "bleu": TrialScore(error="no reference", exempt=True, gating=True),
    }
    experiment, evidence = with_first_trial(scores=scores)
    page = open_report(experiment, "#/trial/0", evidence=evidence)
    lines = section(page, "Scores").get_by_role("listitem")
    unscored = lines.filter(has_text="tone_quality")
    expect(unscored).to_contain_text("unscored")
    expect(unscored.locator(".notice")).to_have_text("ValueError: the judge said 'maybe'")
    exempt = lines.filter(has_text="bleu")
    expect(exempt).to_contain_text("does not apply")
    expect(exempt).to_contain_text("no reference")
    expect(exempt.locator(".notice")).to_have_count(0)


def test_what_changed_has_the_prompt_with_its_words_marked(open_trial) -> None:
    changes = section(open_trial(0), "What changed")
    expect(changes.locator("del .sign")).to_have_text(["-"])
    expect(changes.locator("del b")).to_have_text(["⟨customer_name⟩", " apologise first,"])
    expect(changes.locator("ins b")).to_have_text(["{customer_name}"])
    expect(changes).to_contain_text("claude-sonnet-4-5 -> claude-haiku-4-5")


def test_figures_and_commands_can_be_read(open_trial) -> None:
    figures = section(open_trial(0), "Figures")
    expect(figures).to_contain_text("Latency1.20 s")
    expect(figures).to_contain_text("Tokens986")
    experiment, _ = support_red()
    expect(figures).to_contain_text(f"llmobs show {experiment.trials[0].run_id}")


def test_j_and_k_go_through_the_trials_that_the_filter_left(open_trial) -> None:
    page = open_trial(0, "?filter=status:failed+repeat:2")
    expect(page.get_by_role("navigation", name="Trials")).to_contain_text(
        "1 of 129"
    )  # repeat 1 isn't among them
    page.goto(page.url.replace("/trial/0", "/trial/1"))
    page.wait_for_selector("text=1 of 5")
    ids = []
    for _ in range(5):
        page.wait_for_selector(f"text={len(ids) + 1} of 5")
        ids.append(page.get_by_role("heading", level=1).inner_text())
        page.keyboard.press("j")
    assert ids == ["double-charge", "csv-export", "add-seats", "late-delivery", "password-reset"]
    page.keyboard.press("k")
    expect(page.get_by_role("heading", level=1)).to_have_text("late-delivery")
    assert "filter=" in page.url


def test_colours_of_the_system_tell_what_is_chosen(open_trial) -> None:
    page = open_trial(0, forced_colors="active")
    ground = "node => getComputedStyle(node).backgroundColor"
    for chosen, other in (
        ("#diff-accepted", "#diff-off"),
        ("nav [aria-current=page]", "nav a.button >> nth=0"),
    ):
        assert page.locator(chosen).evaluate(ground) != page.locator(other).evaluate(ground)


def test_brackets_go_through_the_repeats_of_an_example(open_trial) -> None:
    page = open_trial(0)
    repeats = page.get_by_role("navigation", name="Trials")
    expect(repeats.locator("[aria-current=page]")).to_have_text("1")
    page.keyboard.press("]")
    expect(repeats.locator("[aria-current=page]")).to_have_text("2")
    expect(page.get_by_role("heading", level=1)).to_have_text("double-charge")
    page.keyboard.press("]")
    expect(repeats.locator("[aria-current=page]")).to_have_text("3")
    page.keyboard.press("]")
    expect(page.locator(".badge", has_text="accepted code")).to_be_visible()
    page.go_back()
    expect(repeats.locator("[aria-current=page]")).to_have_text("3")
    page.keyboard.press("[")
    expect(repeats.locator("[aria-current=page]")).to_have_text("2")


def test_there_is_nothing_before_the_first_trial(open_trial) -> None:
    page = open_trial(0)
    page.keyboard.press("k")
    page.keyboard.press("[")
    previous = page.get_by_role("link", name="previous")
    expect(previous).to_have_attribute("aria-disabled", "true")
    expect(page.get_by_role("navigation", name="Trials")).to_contain_text("1 of 129")


def test_escape_goes_back_to_the_filtered_table(open_trial) -> None:
    page = open_trial(1, "?filter=red&sort=-cost&diff=off")
    page.keyboard.press("Escape")
    expect(page.get_by_role("heading", level=1)).to_have_text("brave-otter-1123")
    expect(page.locator("#filter")).to_have_value("red")
    assert "sort=-cost" in page.url


@pytest.mark.parametrize("row", ["129", "-1", "1.5", "abc", ""])
def test_an_address_without_a_trial_is_a_sentence(row, opened) -> None:
    experiment, evidence = support_red()
    page = opened.page(opened.file(experiment, evidence), f"#/trial/{row}")
    expect(page.get_by_role("alert")).to_contain_text(f"there is no trial “{row}”, but 0 to 128.")
    # the page says what failed to whoever looks into the console, too
    opened.complaints.clear()


def test_an_answer_of_megabytes_is_cut_until_it_is_asked_for(open_report) -> None:
    text = "It was sent yesterday. " * 220_000
    experiment, evidence = with_first_trial(output=text)
    page = open_report(experiment, "#/trial/0?diff=off", evidence=evidence)
    answer = section(page, "Answer").locator(".payload").last
    assert len(text) > 5_000_000
    assert answer.evaluate("node => node.textContent.length") < 5_000
    answer.get_by_role("button", name=f"show all {len(text):,} characters").click()
    assert answer.evaluate("node => node.textContent.length") >= len(text)


def test_what_stayed_the_same_in_long_answers_is_folded(open_report) -> None:
    experiment, evidence = support_red()
    (suite, baseline), *_ = evidence.baselines.items()
    accepted = baseline.texts.examples["double-charge"].output
    long = "It was sent yesterday. " * 1000
    experiment, evidence = with_first_trial(output=f"{long}{accepted}")
    texts = replace(
        baseline.texts.examples["double-charge"], output=f"{long}{accepted.replace('Ana', 'Eva')}"
    )
    store = replace(baseline.texts, examples={**baseline.texts.examples, "double-charge": texts})
    evidence = replace(evidence, baselines={suite: replace(baseline, texts=store)})
    page = open_report(experiment, "#/trial/0", evidence=evidence)
    answer = section(page, "Answer").locator(".payload")
    expect(answer.locator("del")).to_have_text("Eva")
    expect(answer.locator("ins")).to_have_text("Ana")
    button = answer.get_by_role("button")
    expect(button).to_contain_text("unchanged characters")
    button.click()
    expect(button).to_have_count(0)
    expect(answer).to_contain_text(long[:5000].strip())


def test_a_conversation_is_shown_as_turns(open_report) -> None:
    messages = [
        {"role": "user", "content": "I was charged twice."},
        {"role": "assistant", "content": [{"type": "text", "text": "I am looking."}]},
        {"role": "tool", "content": '{"orders": 2}', "tool_call_id": "c1"},
    ]
    experiment, evidence = with_root(inputs=json.dumps({"messages": messages, "seed": 7}).encode())
    inputs = section(open_report(experiment, "#/trial/0", evidence=evidence), "Inputs")
    turns = inputs.locator("dl dl").first.locator("> div")
    expect(turns).to_have_text(
        [
            "userI was charged twice.",
            "assistanttextI am looking.",
            'toolcontent{"orders": 2}tool_call_idc1',
        ]
    )


@pytest.mark.parametrize(
    ("stored", "shown"),
    [
        ('{"id": 12345678901234567890}', "12345678901234567890"),
        ('{"a": {"b": {"c": {"d": {"e": {"f": 1}}}}}}', '"f": 1'),
        ('{"empty": [], "none": null, "": ""}', "[]"),
        ('{"parts": [{"x": 1}, {"x": [1, 2]}]}', "[1, 2]"),
        ("[1, 2.5, true, null]", "[1, 2.5, true, null]"),
        ('"just a text"', "just a text"),
        ("not JSON", "not JSON"),
    ],
)
def test_payloads_of_any_shape_are_shown(stored, shown, open_report) -> None:
    experiment, evidence = with_root(inputs=stored.encode())
    page = open_report(experiment, "#/trial/0", evidence=evidence)
    expect(section(page, "Inputs")).to_contain_text(shown)


def test_letters_that_are_joined_stay_so(open_report) -> None:
    text = "می\u200cروم \U0001f469\u200d\U0001f467"
    experiment, evidence = with_first_trial(output=text)
    page = open_report(experiment, "#/trial/0?diff=off", evidence=evidence)
    expect(section(page, "Answer").locator(".payload").last).to_have_text(text)


def test_a_phone_shows_all_without_scrolling_sideways(open_trial) -> None:
    for options in ("", "?diff=off"):
        page = open_trial(0, options, viewport=PHONE)
        width = page.evaluate("document.documentElement.scrollWidth")
        assert width <= PHONE["width"]


def test_the_title_names_the_trial_after_two_addresses_at_once(open_red) -> None:
    page = open_red()
    page.evaluate("location.hash = '#/trial/1'; location.hash = '#/trial/0?diff=off'")
    expect(page.get_by_role("heading", level=1)).to_have_text("double-charge")
    expect(page).to_have_title(re.compile("^double-charge · "))
