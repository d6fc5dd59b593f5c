"""The store under ``.llmobs``: append-only spools that survive a crash, sealed into Parquet, read back as runs.

What runs mean, and what experiments are made of, is known in the rooms above; here they are lines, rows and JSON.

::

    store      the way in                            upkeep     sealing, recovering, merging
    run_queries  what is asked of runs               stored_runs  sealed and unsealed, each run once
    spool/     a process's log, until it is sealed   parquet/   sealed runs: columns, files, queries
    remote/    a store beyond this machine           layout     where things lie
    experiment_files  experiments as JSON            media      images and documents of calls
    transfer   files from store to store             locks      that die with their holder
    notices    what the user is told
"""
