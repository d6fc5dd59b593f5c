"""What is special about runs that call a model: the prompt they send, the usage they state, a recorded reply.

How a call of an SDK becomes such a run is said in ``providers``.
"""
