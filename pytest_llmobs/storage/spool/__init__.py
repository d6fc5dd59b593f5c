"""Finished runs on their way to Parquet: append-only files that survive a crash, and their sealing.

Reading back what was sealed is in ``parquet``.
"""
