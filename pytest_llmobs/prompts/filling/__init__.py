"""Filling a prompt: variables, values, and everything that is checked before the text is handed out.

Nothing here knows files or commits; what is filled is a template of ``prompts.templates``.
"""
