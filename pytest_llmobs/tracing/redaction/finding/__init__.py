"""How secrets are found in a text: the forms of keys, the names of fields, what is encoded, what the environment holds.

No redactor and no pipeline lives here: they ask for the spans and replace them.
"""
