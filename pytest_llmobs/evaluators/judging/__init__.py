"""A judge: its scale, prompt, model, verdict, votes and cache, and its calibration against people's labels.

An evaluator that asks no model is in ``rules``; which of two outputs is better is asked in ``pairs``.
"""
