"""One side of ``evaluate_io.py``: ``python evaluate_io_worker.py TOOL EXAMPLES SECONDS CONCURRENCY``.

Every side calls an application that waits and scores each answer; it imports nothing that another one needs.
"""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

TOOL = sys.argv[1]
EXAMPLES, SECONDS, CONCURRENCY = int(sys.argv[2]), float(sys.argv[3]), int(sys.argv[4])
QUESTIONS = [f"What is {number}? " * 20 for number in range(EXAMPLES)]


def answer(question: str) -> str:
    time.sleep(SECONDS)
    return f"The answer to {question!r}"


async def answer_later(question: str) -> str:
    await asyncio.sleep(SECONDS)
    return f"The answer to {question!r}"


def bare_threads() -> int:
    with ThreadPoolExecutor(CONCURRENCY) as pool:
        return sum("answer" in text for text in pool.map(answer, QUESTIONS))


def bare_async() -> int:
    async def all_of_them() -> int:
        gate = asyncio.Semaphore(CONCURRENCY)

        async def one(question: str) -> bool:
            async with gate:
                return "answer" in await answer_later(question)

        return sum(await asyncio.gather(*map(one, QUESTIONS)))

    return asyncio.run(all_of_them())


def answers(outputs: dict[str, str]) -> bool:
    return "answer" in outputs["output"]


def ours() -> int:
    from pytest_llmobs import evaluate

    results = evaluate(answer, data=_rows(), evaluators=[answers], max_concurrency=CONCURRENCY)
    return sum(row["evaluation_results"]["results"][0].score for row in results)


def ours_async() -> int:
    from pytest_llmobs import aevaluate

    async def all_of_them() -> int:
        results = await aevaluate(
            answer_later, data=_rows(), evaluators=[answers], max_concurrency=CONCURRENCY
        )
        right = 0
        async for row in results:
            right += row["evaluation_results"]["results"][0].score
        return right

    return asyncio.run(all_of_them())


def _rows() -> list[dict[str, dict[str, str]]]:
    return [{"inputs": {"question": question}, "outputs": {"output": "answer"}} for question in QUESTIONS]


def langsmith() -> int:
    from langsmith import Client, evaluate

    def target(inputs: dict[str, str]) -> dict[str, str]:
        return {"output": answer(inputs["question"])}

    client = Client()
    data = _langsmith_examples()
    results = evaluate(target, data=data, evaluators=[answers], max_concurrency=CONCURRENCY, client=client)
    right = sum(row["evaluation_results"]["results"][0].score for row in results)
    client.flush()
    return right


def langsmith_async() -> int:
    from langsmith import Client, aevaluate

    async def target(inputs: dict[str, str]) -> dict[str, str]:
        return {"output": await answer_later(inputs["question"])}

    client = Client()

    async def all_of_them() -> int:
        data = _langsmith_examples()
        results = await aevaluate(
            target, data=data, evaluators=[answers], max_concurrency=CONCURRENCY, client=client
        )
        right = 0
        async for row in results:
            right += row["evaluation_results"]["results"][0].score
        return right

    right = asyncio.run(all_of_them())
    client.flush()
    return right


def _langsmith_examples() -> list[object]:
    import datetime
    import uuid

    from langsmith.schemas import Example

    now, dataset = datetime.datetime.now(datetime.UTC), uuid.uuid4()
    examples: list[object] = []
    for row in _rows():
        examples.append(Example(id=uuid.uuid4(), dataset_id=dataset, created_at=now, modified_at=now, **row))
    return examples


def pydantic_evals() -> int:
    from dataclasses import dataclass

    from pydantic_evals import Case, Dataset
    from pydantic_evals.evaluators import Evaluator, EvaluatorContext

    @dataclass
    class Answers(Evaluator):
        def evaluate(self, ctx: EvaluatorContext) -> bool:
            return "answer" in ctx.output

    cases = []
    for number, question in enumerate(QUESTIONS):
        cases.append(Case(name=str(number), inputs=question))
    dataset = Dataset(name="bench", cases=cases, evaluators=[Answers()])
    report = dataset.evaluate_sync(answer_later, progress=False, max_concurrency=CONCURRENCY)
    right = 0
    for case in report.cases:
        right += case.assertions["Answers"].value
    return right


def deepeval() -> int:
    from deepeval import evaluate
    from deepeval.evaluate import AsyncConfig, DisplayConfig
    from deepeval.metrics import BaseMetric
    from deepeval.test_case import LLMTestCase

    class Answers(BaseMetric):
        """Calls the application itself: only metrics run side by side there."""

        def __init__(self) -> None:
            self.threshold, self.score = 1.0, 0.0
            self.async_mode, self.include_reason = True, False
            self.strict_mode = self.verbose_mode = False
            self.evaluation_model = self.evaluation_cost = self.error = None

        async def a_measure(self, test_case: LLMTestCase, *further: object, **named: object) -> float:
            self.score = float("answer" in await answer_later(test_case.input))
            self.success = self.score >= self.threshold
            return self.score

        def measure(self, test_case: LLMTestCase, *further: object, **named: object) -> float:
            raise NotImplementedError

        def is_successful(self) -> bool:
            return bool(self.success)

        @property
        def __name__(self) -> str:
            return "Answers"

    cases = [LLMTestCase(input=question, actual_output="unused") for question in QUESTIONS]
    silent = DisplayConfig(show_indicator=False, print_results=False, inspect_after_run=False)
    beside = AsyncConfig(max_concurrent=CONCURRENCY)
    result = evaluate(cases, [Answers()], async_config=beside, display_config=silent)
    return sum(bool(test.success) for test in result.test_results)


SIDES: dict[str, Callable[[], int]] = {
    "bare threads": bare_threads,
    "bare async": bare_async,
    "pytest-llmobs evaluate": ours,
    "pytest-llmobs aevaluate": ours_async,
    "langsmith evaluate": langsmith,
    "langsmith aevaluate": langsmith_async,
    "pydantic-evals": pydantic_evals,
    "deepeval": deepeval,
}

if __name__ == "__main__":
    right = SIDES[TOOL]()
    assert right == EXAMPLES, f"{right} of {EXAMPLES} are right"
