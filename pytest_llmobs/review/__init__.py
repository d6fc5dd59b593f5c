"""Review queues: runs that wait for a person, in files below ``queues`` in the store."""
