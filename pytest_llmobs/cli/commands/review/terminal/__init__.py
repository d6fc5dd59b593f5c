"""Reviewing in a terminal, or by keys that come through a pipe. What is decided, and kept, is ``review.sessions``'s.

::

    reviewing    one reviewer's session between keys and engine: focus, verdicts, the line that is being written
    reading      the text on the screen, and how far it is read
    onscreen     the loop on a terminal                      onpipe       the loop over keys that a script sends
    focus        which item of the rubric digits answer      answer_edit  the answer while somebody edits it
    screen       everything that is shown, as lines: a pure function of what is shown, width and height
    document     a text, wrapped as far as it was read       item_blocks  question, answer, context as such
    panel        the rubric and the comment below it         legend       keys: in a line, and as the help
    key_reader   bytes become keys                           tty          raw keys, alternate screen, signals
    line_editor  one line that is being written              editor       $EDITOR over a private file
    correction   outputs as a text, and back                 done         what was done, as a record and a line
"""
