"""How alike texts are: near-duplicates, and what a crowd of texts falls into.

Pure and deterministic: texts in, indices and numbers out. What is done about a duplicate is its caller's matter.
"""

from pytest_llmobs.similarity.clusters import Cluster, cluster
from pytest_llmobs.similarity.duplicates import Pair, groups, near_duplicates
from pytest_llmobs.similarity.embedding import Embedder, default_embedder
from pytest_llmobs.similarity.leaders import leader_pairs
from pytest_llmobs.similarity.texts import text_of

__all__ = [
    "Cluster",
    "Embedder",
    "Pair",
    "cluster",
    "default_embedder",
    "groups",
    "leader_pairs",
    "near_duplicates",
    "text_of",
]
