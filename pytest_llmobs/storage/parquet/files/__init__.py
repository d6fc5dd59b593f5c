"""What the Parquet files of runs and of feedback have in common: writing one, its footer, merging small ones.

What their columns are is each one's own: ``parquet.schema`` and ``feedback.schema``.
"""
