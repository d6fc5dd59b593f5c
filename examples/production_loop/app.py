"""The service: one address that answers, and one that takes what users say of an answer."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import UUID

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
    """What a customer asks. The id of the request becomes the run's: feedback is sent with it."""

    id: UUID
    question: str


class Verdict(BaseModel):
    """What a customer thinks of the answer: a thumb, and perhaps what would have been right."""

    id: UUID
    up: bool
    better: str | None = None


@app.post("/ask")
def ask(asked: Question) -> dict[str, str]:
    """Answer a question."""
    return answer(asked.question, langsmith_extra={"run_id": asked.id})


@app.post("/feedback")
def rate(verdict: Verdict) -> None:
    """Keep what a customer says."""
    client.create_feedback(verdict.id, "user_rating", score=verdict.up)
    if verdict.better:
        client.create_feedback(verdict.id, "correction", correction={"answer": verdict.better})
