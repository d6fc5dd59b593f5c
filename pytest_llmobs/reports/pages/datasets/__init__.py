"""Pages about datasets and their versions: what ``llmobs dataset`` prints. Reads nothing; what is shown is given."""
