"""Texts that would act, ask for something or hide, and an experiment that has them wherever a foreign text can be."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import replace

from pytest_llmobs.baselines.texts import ExampleTexts, TextStore
from pytest_llmobs.records.decisions import Decision, ExampleRow, PromptChange
from pytest_llmobs.records.experiments import Experiment
from pytest_llmobs.records.plans import ExpectedTrial
from pytest_llmobs.records.trials import Trial, TrialScore
from pytest_llmobs.reports.traced_run import TracedRun
from tests.browser.experiments import SUITE, plan, support_red
from tests.browser.recorded import Recorded, run, run_id

PAYLOADS = (
    "<script>fired = 1</script>",
    "</script><script>fired = 1</script>",
    "<!--<script>fired = 1</script>",
    "--><script>fired = 1</script>",
    "<![CDATA[<script>fired = 1</script>]]>",
    '"><script>fired = 1</script>',
    "'><script>fired = 1</script>",
    "<img src=x onerror=fired=1>",
    '<img src="http://evil.example/x.png">',
    "<svg onload=fired=1>",
    "<svg><script>fired = 1</script></svg>",
    "<svg><a xlink:href='javascript:fired=1'><text y=9>x</text></a></svg>",
    "<iframe src=javascript:fired=1></iframe>",
    "<iframe srcdoc='<script>parent.fired=1</script>'></iframe>",
    "<body onload=fired=1>",
    "<details open ontoggle=fired=1>x</details>",
    "<input autofocus onfocus=fired=1>",
    "<video src=x onerror=fired=1></video>",
    "<object data='javascript:fired=1'></object>",
    "<embed src='http://evil.example/x'>",
    "<link rel=stylesheet href='http://evil.example/x.css'>",
    "<style>@import 'http://evil.example/x.css';</style>",
    "<style>*{background:url(http://evil.example/x)}</style>",
    "<base href='http://evil.example/'>",
    "<meta http-equiv=refresh content='0;url=http://evil.example/'>",
    "<form action='http://evil.example/'><button>x</button></form>",
    "<a href='javascript:fired=1'>x</a>",
    "[x](javascript:fired=1)",
    "![x](http://evil.example/x.png)",
    "javascript:fired=1",
    "http://evil.example/",
    "' onmouseover='fired=1",
    '" onmouseover="fired=1',
    "`${fired = 1}`",
    "${fired = 1} {{fired = 1}} {policy} {data} {script}",
    "\\u003cscript\\u003efired = 1\\u003c/script\\u003e",
    "&lt;script&gt;fired = 1&lt;/script&gt; &amp; &#60;",
    "__proto__",
    "constructor",
    "x" * 300,
    "#/trial/0?filter=<script>fired=1</script>",
)
"""Each would act, or ask for something, where it isn't text. All are shown as they are."""
UNSEEN = (
    ("a\x00b", r"a\x00b"),
    ("red \x1b[31malert\x1b[0m", r"red \x1b[31malert\x1b[0m"),
    ("line\u2028separator\u2029", r"line\u2028separator\u2029"),
    ("right \u202eto left", r"right \u202eto left"),
    ("isolate \u2066x\u2069", r"isolate \u2066x\u2069"),
    ("half \ud83d", r"half \ud83d"),
    ("\udc00 other half", r"\udc00 other half"),
    ("tag \U000e0041", r"tag \ue0041"),
    ("zero\u200bwidth\ufeff", r"zero\u200bwidth\ufeff"),
)
"""What is not seen, or changes how other signs are seen, and its escape, which is shown instead."""
NAME = "<b onclick=fired=1>metric</b>"


def hostile(payloads: Sequence[str]) -> tuple[Experiment, Recorded]:
    """Return an experiment with a failed example for each payload, its id, its answer and all else."""
    experiment, evidence = support_red()
    suite = plan(payloads, repeat=1)
    trials = []
    traces: list[TracedRun] = []
    for number, expected in enumerate(suite.expected):
        trials.append(_trial(expected, run_id(number)))
        traces += _trace(expected.example_id, run_id(number))
    prompt = PromptChange(suite=SUITE, name=NAME, before=NAME, after=NAME, description=NAME)
    decision = Decision(
        metrics=tuple(replace(row, metric=NAME) for row in experiment.decision.metrics[:1]),
        examples=tuple(map(_verdict, trials)),
        notes=tuple(payloads),
        remarks=tuple(payloads),
        prompts=(prompt,),
    )
    told = replace(
        experiment,
        name=payloads[0],
        suites=(suite,),
        trials=tuple(trials),
        looks=(),
        decision=decision,
        description=payloads[0],
    )
    return told, _evidence(evidence, payloads, traces)


def _trial(expected: ExpectedTrial, trace_id: str) -> Trial:
    payload = expected.example_id
    return Trial(
        suite=SUITE,
        example_id=payload,
        example_hash=expected.example_hash,
        repeat=1,
        nodeid=expected.nodeid,
        status="failed",
        message=payload,
        scores={
            NAME: TrialScore(score=0.1, comment=payload),
            "label": TrialScore(value=payload),
            "unscored": TrialScore(error=payload),
        },
        run_id=trace_id,
        output=payload,
    )


def _trace(payload: str, trace_id: str) -> Iterator[TracedRun]:
    message = {"role": payload, "content": payload}
    said = json.dumps({payload: payload, "messages": [message]}).encode()
    columns = {"name": payload, "inputs": said, "outputs": said, "metadata": said, "tags": [payload]}
    yield run(trace_id, trace_id, **columns, reference_outputs=json.dumps(payload).encode())
    call = {
        "run_type": payload,
        "status": "error",
        "error": payload,
        "model": payload,
        "stop_reason": payload,
    }
    yield run(f"{trace_id}-1", trace_id, trace_id, **columns, **call)


def _verdict(trial: Trial) -> ExampleRow:
    payload = trial.example_id
    diff = f"{payload}:\n@@ -1 +1 @@\n-{payload}\n+{payload}, {payload}"
    return ExampleRow(
        suite=SUITE,
        example_id=payload,
        metric="pass",
        state="broken",
        nodeid=trial.nodeid,
        baseline=(1.0,),
        candidate=(0.0,),
        comment=payload,
        run_id=trial.run_id,
        red=True,
        changes=(diff, f"model: a -> {payload}"),
    )


def _evidence(evidence: Recorded, payloads: Sequence[str], traces: Sequence[TracedRun]) -> Recorded:
    baseline = evidence.baselines[SUITE]
    row = next(iter(baseline.rows.values()))
    texts = {}
    for payload in payloads:
        texts[payload] = ExampleTexts(output=f"accepted {payload}")
    known = replace(baseline, rows=dict.fromkeys(payloads, row), texts=TextStore(examples=texts))
    return replace(evidence, traces=traces, baselines={SUITE: known})
