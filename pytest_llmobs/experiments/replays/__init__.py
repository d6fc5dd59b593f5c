"""Stored runs, run once more: with the inputs that the model saw, or with another model, prompt or parameter.

Sessions, stores and the console aren't known here: whoever calls has switched tracing on.
"""
