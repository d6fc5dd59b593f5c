"""Evaluators that ask no judge: text, structure, safety, retrieval, trajectories, operation.

A judge, which asks a model, is in ``judging``.
"""
