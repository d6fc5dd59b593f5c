"""Model providers: how each SDK's calls become runs.

``base`` is the engine that all share; a provider is a file of its own. What a call cost is in ``prices``, what the
fields of a ``usage`` object mean for it in ``usage_fields``: one that is in no table makes the cost unknown.
"""
