"""pytest as a quality lab for LLM applications."""
