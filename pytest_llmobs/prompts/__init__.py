"""Prompts and their versions: one file a commit, one file a tag, below ``prompts``.

What is pulled is the prompt's file, which people edit and review; commits keep what it was.

::

    folder      which prompts there are, and their files    templates  what is pulled: a text, or messages
    pulling     from memory, or from disk                   filling/   variables, values, and all checks before a call
    committing  an edit becomes a commit, under a lock      content    what a file holds, and an object that is pushed
    pushing     a new version from code                     commits    what a prompt was; commit_file: one file of it
    merging     one commit of several heads                 ancestry   which commit came from which: order and heads
    checks      all that is wrong with a prompt             documents  YAML that people read
    importing   text files of other tools                   langchain  templates of LangChain
    history/    differences, and who brought what           records    what the client's calls return
    recognition which prompt a text is, by its patterns     splitting/ A/B tests: who gets which version
    authors     who makes a commit
"""
