"""Completions for shells, as they are read there: made of the commands' parsers by ``make completions``.

No code lives here.
"""
