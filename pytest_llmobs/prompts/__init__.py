"""Prompts and their versions: one file a commit, one file a tag, below ``prompts``.

What is pulled is the prompt's file, which people edit and review; commits keep what it was.

::

    folder     which prompts there are, and their files     templates  what is pulled: a text, or messages
    commits    what a prompt was, one file a commit         content    an object that is pushed -> what a file holds
    pushing    a new version, under a lock                  documents  YAML that people read
    records    what the client's calls return               langchain  templates of LangChain
"""
