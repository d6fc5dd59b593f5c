"""How alike texts are: near-duplicates, and what a crowd of texts falls into.

Pure and deterministic: texts in, indices and numbers out. What is done about a duplicate is its caller's matter.
"""
