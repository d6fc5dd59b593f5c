"""Sealed runs: the table of columns, one file written and read, queries over many.

What was not sealed yet is in ``spool``.
"""
