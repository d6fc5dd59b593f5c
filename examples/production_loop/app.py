"""The service: one address that answers, and one that takes what users say of an answer."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import uuid4

from bookshop import answer
from fastapi import FastAPI
from pydantic import BaseModel

from pytest_llmobs import Client, flush


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    """Seal what this worker has traced before it ends: uvicorn ends its workers by a signal, without `atexit`."""
    yield
    flush()


app = FastAPI(lifespan=lifespan)
client = Client()


class Question(BaseModel):
    """What a customer asks."""

    question: str


class Verdict(BaseModel):
    """What a customer thinks of the answer: a thumb, and perhaps what would have been right."""

    run_id: str
    up: bool
    better: str | None = None


@app.post("/ask")
def ask(asked: Question) -> dict[str, str]:
    """Answer, with the id of the run that feedback is sent with."""
    run_id = uuid4()
    reply = answer(asked.question, langsmith_extra={"run_id": run_id})
    return {**reply, "run_id": str(run_id)}


@app.post("/feedback")
def rate(verdict: Verdict) -> None:
    """Keep what a customer says."""
    client.create_feedback(verdict.run_id, "user_rating", score=verdict.up)
    if verdict.better:
        client.create_feedback(verdict.run_id, "correction", correction={"answer": verdict.better})
