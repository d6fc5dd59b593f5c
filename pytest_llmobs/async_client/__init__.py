"""``AsyncClient``: what ``Client`` does, awaited. Each method is made of the client's own; no work is done here."""

from pytest_llmobs.async_client.client import AsyncClient

__all__ = ["AsyncClient"]
