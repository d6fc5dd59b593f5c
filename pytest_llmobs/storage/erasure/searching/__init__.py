"""One file, searched: as text, decompressed, or as Parquet column by column.

Which files there are is ``search``'s, what is searched for ``needles``'.
"""
