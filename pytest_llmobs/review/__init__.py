"""Human review: runs that wait for a person, and what people decide about them, below ``queues`` in the store.

::

    queues       which queues there are          queue_files  those that are committed files
    stored_queues  those that the store holds    standing     how far each of their items is
    queue_settings  what they may say            publishing   decisions as feedback on the runs
    records      queues, items, decisions        log/         what happened in a queue, append-only
    rubric/      what a reviewer is asked        routing/     which runs come to which queue
    sessions     one reviewer at work            working/     what a session is made of: drafts, saving, jumping
    overlap      how many an item needs          calibration  the week's items, which all see
    reviewers    who reviews                     assigning/   which item is next, and who has which just now
    opinions     what others said of a run, for those who aren't blind
    material     what a reviewer sees of a run   keys         which key does what, on every screen
    sealing      rules, applied as runs are sealed
    agreement/   how far reviewers agree         outcomes/    settled answers, disagreements, labels, modes
"""
