"""The filter language: a text becomes conditions, conditions become an Arrow expression and what is left of them.

``language`` reads texts (``tokens``, ``syntax``, ``values``, ``grouping``; ``mistakes`` shows where they are wrong),
``keywords`` what ``Store.runs`` takes besides; ``fields`` is the one table of what can be asked for. ``compilation``
makes of both what a scan takes: ``expressions`` where Arrow can say it, ``row_checks``, ``entries`` and ``feedback``
where it can say a part. Nothing here opens a file of runs.
"""
