"""The judge: what it asks, what it makes of replies, and that nothing judged can take it over."""

from __future__ import annotations

import asyncio
import json
import re
import subprocess
import sys
import threading

import pytest

from pytest_llmobs.errors import EvaluatorError
from pytest_llmobs.evaluators.binding.declaration import bind
from pytest_llmobs.evaluators.judging.judge import DEFAULT_MODEL, Judge
from tests.unit.evaluators.scripted import GOOD, RUBRIC, answering, obedient


def test_scores_with_a_claude_model_through_a_forced_tool(score, subject, messages, claude):
    messages.replies = [GOOD]
    judge = Judge("tone", rubric=RUBRIC, client=claude)
    result = score(judge, subject({"output": "Please wait."}, {"tone": "warm"}, inputs={"question": "When?"}))
    assert (result.key, result.score, result.comment) == ("tone", 0.9, "0.9: It says please.")
    assert result.metadata["model"] == DEFAULT_MODEL
    (request,) = messages.requests
    assert request["tool_choice"] == {"type": "tool", "name": "verdict"}
    assert list(request["tools"][0]["input_schema"]["properties"]) == ["reason", "score"]
    assert "temperature" not in request
    prompt = request["messages"][0]["content"]
    assert RUBRIC in prompt
    assert all(text in prompt for text in ("Please wait.", "When?", "warm"))


def test_sends_a_temperature_only_when_asked(score, subject, messages, claude):
    messages.replies = [GOOD]
    score(Judge("tone", rubric=RUBRIC, client=claude, temperature=0.0), subject({"output": "x"}))
    assert messages.requests[0]["temperature"] == 0.0


def test_asks_a_refusing_model_once_more_and_is_then_unscored(score, subject, messages, claude):
    messages.replies = ["I would rather not."]
    result = score(Judge("tone", rubric=RUBRIC, client=claude), subject({"output": "x"}))
    assert result.unscored
    assert "asked twice" in result.error
    assert "no verdict (stop reason 'refusal')" in result.error
    assert len(messages.requests) == 2
    assert "could not be used" in messages.requests[1]["messages"][0]["content"]


def test_without_a_key_it_says_what_to_set(subject, score, monkeypatch):
    from pytest_llmobs.evaluators.judging import served

    monkeypatch.delenv("ANTHROPIC_API_KEY", raising=False)
    monkeypatch.setattr(served, "_sync_clients", {})
    result = score(Judge("tone", rubric=RUBRIC), subject({"output": "x"}))
    assert result.error == (
        f"Judge model {DEFAULT_MODEL!r} can't be asked without a key. "
        "Set ANTHROPIC_API_KEY, or give the judge a client or another model."
    )


def test_an_api_error_is_unscored_with_its_message(score, subject, claude, messages):
    messages.replies = [GOOD]
    messages.reply = lambda request: 1 / 0  # the server drops the connection
    result = score(Judge("tone", rubric=RUBRIC, client=claude), subject({"output": "x"}))
    assert result.unscored
    assert (
        result.error == f"Judge model {DEFAULT_MODEL!r} can't be asked: APIConnectionError: Connection error."
    )


@pytest.mark.parametrize(
    ("first", "problem"),
    [
        ("The reply is polite: 0.9", "not the JSON object"),
        ("[0.9]", "list, not a JSON object"),
        ({"reason": "fine"}, "'score' is missing"),
        ({"score": 1}, "'reason' is missing"),
        ({"reason": "fine", "score": 7}, "from 0 to 1"),
        ({"reason": "fine", "score": "90%"}, "must be a number"),
        ({"reason": "fine", "score": "4/5"}, "must be a number"),
        ({"reason": "fine", "score": "0,9"}, "must be a number"),
        ({"reason": "fine", "score": "1.5"}, "from 0 to 1"),
        ({"reason": "fine", "score": 10**400}, "must be a number on the scale"),
        ("{'reason': 'fine', 'score': 0.9}", "not the JSON object"),
        ('{"reason": "fine", "score": 0.1, "score": 0.9}', "'score' is there twice"),
        ('{"reason": "fine", "score": 0.9} Hope that helps!', "not the JSON object"),
        ('<think>{"reason": "never ended", "score": 0.9}', "not the JSON object"),
        ({"reason": "fine", "score": True}, "must be a number"),
        ({"reason": 3, "score": 1}, "the reason must be a text"),
        ('{"reason": "fine", "score": NaN}', "must be a number"),
    ],
)
def test_an_unusable_reply_is_asked_for_again_with_what_was_wrong(score, subject, first, problem):
    model = answering(first, GOOD)
    assert score(Judge("tone", rubric=RUBRIC, model=model), subject({"output": "x"})) == 0.9
    assert len(model.prompts) == 2
    asked, again = model.prompts
    assert problem in again.partition("could not be used: ")[2]
    assert "could not be used" not in asked


@pytest.mark.parametrize(
    "reply",
    [
        "<think>The reply is polite: {0.2}</think>\n\n%s",
        "<thinking>\nscore: 0.2\n</thinking>%s",
        "<think></think><thinking>again</thinking>\n%s",
        "The reply is polite.\n</think>\n%s",
        "<think>polite</think>\n```json\n%s\n```",
        "```json\n%s\n```\n",
    ],
)
def test_reads_past_thinking_and_a_fence(score, subject, reply):
    model = answering(reply % json.dumps(GOOD))
    assert score(Judge("tone", rubric=RUBRIC, model=model), subject({"output": "x"})) == 0.9
    assert len(model.prompts) == 1


def test_a_reason_may_quote_thinking(score, subject):
    quoting = {"reason": "it leaks </think> and <think>", "score": 0.2}
    result = score(Judge("tone", rubric=RUBRIC, model=answering(quoting)), subject({"output": "x"}))
    assert (result.score, result.comment) == (0.2, "0.2: it leaks </think> and <think>")


@pytest.mark.parametrize(
    ("scale", "raw", "number"), [("0-1", "0.8", 0.8), ("0-1", " 1 ", 1), ("1-5", "4", 0.75)]
)
def test_reads_a_number_that_is_written_as_a_text(score, subject, scale, raw, number):
    model = answering({"reason": "fine", "score": raw})
    assert score(Judge("tone", rubric=RUBRIC, scale=scale, model=model), subject({"output": "x"})) == number


def test_an_unscored_trial_says_what_the_judge_said(score, subject):
    result = score(
        Judge("tone", rubric=RUBRIC, model=answering("I'd say 4/5" + "!" * 500)), subject({"output": "x"})
    )
    assert "it said \"I'd say 4/5!!!" in result.error
    assert len(result.error) < 500


def test_two_unusable_replies_are_unscored_never_a_middling_number(score, subject):
    model = answering("no idea")
    result = score(Judge("tone", rubric=RUBRIC, model=model), subject({"output": "x"}))
    assert result.unscored
    assert "Judge 'tone' gave no usable verdict: model, asked twice" in result.error
    assert "Traceback" not in result.error
    assert len(model.prompts) == 2


def test_takes_json_in_a_code_fence_but_never_searches_prose(score, subject):
    fenced = f"```json\n{json.dumps(GOOD)}\n```"
    assert score(Judge("tone", rubric=RUBRIC, model=answering(fenced)), subject({"output": "x"})) == 0.9
    prose = f"Here you are: {json.dumps(GOOD)}"
    assert score(Judge("tone", rubric=RUBRIC, model=answering(prose)), subject({"output": "x"})).unscored


@pytest.mark.parametrize(
    ("scale", "raw", "number", "label", "shown"),
    [
        ("0-1", 1, 1.0, None, "1"),
        ("boolean", True, True, None, "yes"),
        ("boolean", False, False, None, "no"),
        ("1-5", 4, 0.75, None, "4 of 5"),
        ((0, 2), 1, 0.5, None, "1 of 2"),
        (["rude", "polite"], "rude", None, "rude", "rude"),
        ({"rude": 0, "polite": 1}, "polite", 1.0, "polite", "polite"),
    ],
)
def test_reads_each_scale(score, subject, scale, raw, number, label, shown):
    judge = Judge("tone", rubric=RUBRIC, model=answering({"reason": "so", "score": raw}), scale=scale)
    result = score(judge, subject({"output": "x"}))
    assert (result.score, result.value, result.comment) == (number, label, f"{shown}: so")


@pytest.mark.parametrize(
    ("scale", "raw"),
    [("boolean", 1), ("boolean", "yes"), ("1-5", 6), ("1-5", 2.5), (["a", "b"], "c"), (["a", "b"], 1)],
)
def test_an_answer_off_the_scale_is_unscored(score, subject, scale, raw):
    judge = Judge("tone", rubric=RUBRIC, model=answering({"reason": "so", "score": raw}), scale=scale)
    assert score(judge, subject({"output": "x"})).unscored


def test_a_checklist_scores_the_share_met_and_names_the_rest(score, subject):
    reply = {
        "criterion_1": {"reason": "yes", "met": True},
        "criterion_2": {"reason": "no name", "met": False},
    }
    model = answering(reply)
    judge = Judge("care", criteria=["apologises", "uses the name"], model=model)
    result = score(judge, subject({"output": "Sorry."}))
    assert result == 0.5
    assert result.comment == "1 of 2 criteria: not met: uses the name (no name)"
    assert result.metadata["criteria"] == {"apologises": 1.0, "uses the name": 0.0}
    assert "criterion_2: uses the name" in model.prompts[0]


def test_votes_give_the_median_and_record_the_disagreement(score, subject):
    model = answering(*({"reason": f"r{n}", "score": n} for n in (0.2, 0.8, 0.6)))
    result = score(Judge("tone", rubric=RUBRIC, model=model, votes=3), subject({"output": "x"}))
    assert result == 0.6
    assert result.comment == "0.2, 0.8, 0.6: r0.6"
    assert result.metadata["votes"] == ["0.2", "0.8", "0.6"]
    assert result.metadata["disagreement"] == pytest.approx(0.6)


def test_a_panel_votes_by_majority_on_labels(score, subject):
    def panel(*labels):
        return [answering({"reason": label, "score": label}) for label in labels]

    judge = Judge("tone", rubric=RUBRIC, scale=["rude", "polite"], panel=panel("rude", "polite", "rude"))
    result = score(judge, subject({"output": "x"}))
    assert result == "rude"
    assert result.metadata["disagreement"] == pytest.approx(1 / 3)
    tied = score(judge(panel=panel("rude", "polite")), subject({"output": "x"}))
    assert tied.unscored
    assert "tied: rude, polite. Use an odd number of votes" in tied.error


def test_one_unusable_vote_of_three_is_outvoted_two_are_not(score, subject):
    one = answering("?", "?", GOOD, GOOD)
    result = score(Judge("tone", rubric=RUBRIC, model=one, votes=3), subject({"output": "x"}))
    assert (result.score, result.metadata["votes"]) == (0.9, [None, "0.9", "0.9"])
    two = answering("?", "?", "?", "?", GOOD)
    result = score(Judge("tone", rubric=RUBRIC, model=two, votes=3), subject({"output": "x"}))
    assert "(2 of 3 votes)" in result.error


def test_reference_is_shown_required_or_hidden(score, subject):
    model = answering(GOOD)
    with_reference = subject({"output": "x"}, {"tone": "warm", "gold": "hello there"})
    judge = Judge("tone", rubric=RUBRIC, model=model)
    for reference, shown in ((None, True), (True, True), (False, False), ("gold", True)):
        score(judge(reference=reference), with_reference)
        assert ("hello there" in model.prompts[-1]) is shown
    score(judge(reference="tone"), with_reference)
    assert "hello there" not in model.prompts[-1]
    for reference in (True, "absent"):
        result = score(judge(reference=reference), subject({"output": "x"}, {}))
        assert result.exempt
    assert not score(judge, subject({"output": "x"}, {})).unscored


def test_what_is_the_same_for_every_output_comes_first(subject):
    samples = [{"outputs": "Go away", "score": 0, "reason": "It is rude."}]
    judge = Judge("tone", rubric=RUBRIC, model=obedient, examples=samples)
    one, other = (judge.question(subject({"output": text})) for text in ("x", "y"))
    assert one.system == other.system
    same, _, different = one.prompt.partition("# To grade\n\nThe word is ")
    assert "The right verdict" in same
    assert other.prompt.startswith(same)
    assert not other.prompt.endswith(different)


def test_graded_examples_are_shown(score, subject):
    model = answering(GOOD)
    samples = [{"inputs": "Hi", "outputs": "Go away", "score": 0, "reason": "It is rude."}]
    score(Judge("tone", rubric=RUBRIC, model=model, examples=samples), subject({"output": "x"}))
    assert 'The right verdict: {"reason": "It is rude.", "score": 0}' in model.prompts[0]
    assert "Go away" in model.prompts[0]


def test_no_outputs_are_unscored_without_a_call(score, subject):
    model = answering(GOOD)
    result = score(Judge("tone", rubric=RUBRIC, model=model), subject(None))
    assert "no outputs" in result.error
    assert model.prompts == []


def test_a_huge_output_is_shortened_in_the_middle_and_says_so(score, subject):
    model = answering(GOOD)
    judge = Judge("tone", rubric=RUBRIC, model=model, max_chars=1000)
    score(judge, subject({"output": "start" + "x" * 10**6 + "end"}))
    assert "999,008 characters left out" in model.prompts[0]
    assert "start" in model.prompts[0]
    assert "xend" in model.prompts[0]
    assert len(model.prompts[0]) < 5000


def test_an_async_callable_serves_both_ways(score, subject):
    async def model(prompt, schema):
        assert list(schema["properties"]) == ["reason", "score"]
        return GOOD

    bound = bind(Judge("tone", rubric=RUBRIC, model=model), {})
    assert bound.score(subject({"output": "x"}))[0] == 0.9
    assert asyncio.run(bound.ascore(subject({"output": "x"})))[0] == 0.9


def test_an_adapter_may_change_its_copy_of_the_schema(subject, score):
    def model(prompt, schema):
        assert "maxLength" in schema["properties"]["reason"]
        del schema["properties"]["reason"]["maxLength"]
        return GOOD

    judge = Judge("tone", rubric=RUBRIC, model=model, votes=2)
    assert score(judge, subject({"output": "x"})) == 0.9


def test_twenty_async_judgements_run_at_once(subject):
    started = []

    async def all_at_once():
        together = asyncio.Event()

        async def model(prompt):
            started.append(prompt)
            if len(started) == 20:
                together.set()
            await asyncio.wait_for(together.wait(), 5)
            return json.dumps(GOOD)

        bound = bind(Judge("tone", rubric=RUBRIC, model=model), {})
        return await asyncio.gather(*(bound.ascore(subject({"output": str(n)})) for n in range(20)))

    assert [scores[0].score for scores in asyncio.run(all_at_once())] == [0.9] * 20


def test_threads_share_one_client(score, subject, messages, monkeypatch):
    from pytest_llmobs.evaluators.judging import served

    monkeypatch.setenv("ANTHROPIC_API_KEY", "test")
    monkeypatch.setenv("ANTHROPIC_BASE_URL", messages.url)
    monkeypatch.setattr(served, "_sync_clients", {})
    messages.replies = [GOOD]
    bound = bind(Judge("tone", rubric=RUBRIC), {})
    results = []
    threads = [
        threading.Thread(target=lambda n=n: results.extend(bound.score(subject({"output": str(n)}))))
        for n in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [result.score for result in results] == [0.9] * 8
    (client,) = served._sync_clients.values()
    client.close()


def test_the_native_async_client_serves_two_loops_in_turn(subject, messages, monkeypatch):
    monkeypatch.setenv("ANTHROPIC_API_KEY", "test")
    monkeypatch.setenv("ANTHROPIC_BASE_URL", messages.url)
    messages.replies = [GOOD]
    bound = bind(Judge("tone", rubric=RUBRIC), {})
    for _ in range(2):
        (result,) = asyncio.run(bound.ascore(subject({"output": "x"})))
        assert result == 0.9


def test_its_version_follows_rubric_model_scale_and_examples_but_no_client(claude):
    judge = Judge("tone", rubric=RUBRIC)
    others = [
        judge(rubric="Else."),
        judge(model="claude-sonnet-5-5"),
        judge(scale="1-5"),
        judge(votes=3),
        judge(examples=[{"outputs": "x", "score": 1, "reason": "r"}]),
        judge(temperature=0.0),
        judge(model=obedient),
    ]
    versions = {judge.version, *(other.version for other in others)}
    assert len(versions) == 8
    assert judge(client=claude).version == judge.version == bind(judge, {}).version


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({}, "neither a rubric nor criteria"),
        ({"rubric": " "}, "neither a rubric nor criteria"),
        ({"rubric": "r", "scale": "boolen"}, "Unknown scale 'boolen'. Did you mean 'boolean'?"),
        ({"rubric": "r", "scale": (5, 1)}, "makes no sense"),
        ({"rubric": "r", "scale": ["a", "a"]}, "makes no sense"),
        ({"rubric": "r", "scale": {"a": 3}}, "makes no sense"),
        ({"rubric": "r", "votes": 0}, "votes is 0; it must be 1 or more"),
        ({"rubric": "r", "aggregate": "medain"}, "Did you mean 'median'?"),
        ({"rubric": "r", "scale": ["a", "b"], "aggregate": "mean"}, "labels without numbers have no mean"),
        ({"rubric": "r", "model": 7}, "7 is no judge model"),
        ({"rubric": "r", "criteria": "polite"}, "write a list of texts"),
        ({"criteria": ["a", "a"]}, "one criterion twice"),
        ({"criteria": ["a"], "scale": "1-5"}, "a checklist has a scale of its own"),
        ({"rubric": "r", "examples": [{"outputs": "x"}]}, "lacks score, reason"),
        (
            {"rubric": "r", "examples": [{"outputs": "x", "score": 9, "reason": ""}]},
            "must be a number from 0 to 1",
        ),
    ],
)
def test_a_misdeclared_judge_says_what_is_wrong(options, message):
    with pytest.raises(EvaluatorError, match=re.escape(message)):
        Judge("tone", **options)


def test_an_unknown_option_names_the_near_one():
    with pytest.raises(EvaluatorError, match=r"tone\(\) has no option 'rubrik'. Did you mean 'rubric'\?"):
        Judge("tone", rubric="r")(rubrik="x")


def test_importing_a_judge_imports_no_sdk():
    code = """
import sys
from pytest_llmobs.evaluators import Judge
Judge("tone", rubric="Polite?")
print("anthropic" in sys.modules, "pyarrow" in sys.modules)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "False"]
