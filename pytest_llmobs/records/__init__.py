"""Frozen records that every layer shares. Standard library only; they hold data and compute nothing costly."""
