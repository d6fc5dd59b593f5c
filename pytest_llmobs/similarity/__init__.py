"""How alike texts are: near-duplicates, and what a crowd of texts falls into.

Pure and deterministic: texts in, indices and numbers out. What is done about a duplicate is its caller's matter.
"""

from pytest_llmobs.similarity.duplicates import Pair, groups, near_duplicates
from pytest_llmobs.similarity.texts import text_of

__all__ = ["Pair", "groups", "near_duplicates", "text_of"]
