"""What the Parquet files of runs and of feedback have in common: writing one, its footer, merging small ones.

``writer`` and ``merging`` write; ``footer`` and ``row_groups`` tell what a file holds before it is read. What the
columns are is each one's own: ``parquet.schema`` and ``feedback.schema``.
"""
