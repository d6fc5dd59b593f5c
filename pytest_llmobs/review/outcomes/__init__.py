"""What a queue comes to: settled answers, disagreements, labels, and failure modes by prompt.

How they become examples is said in ``curation``.
"""
