"""Prompts and their versions: one file a commit, one file a tag, below ``prompts``."""
