"""Pages about prompts and their versions: what ``llmobs prompts`` prints. Reads nothing; what is shown is given."""
