"""Datasets in the forms of other tools: read from them, written for them.

What a form can't hold is refused by name: every file is read back before it takes its place. Forms that are only
read into tests (``load_dataset``) are formats, one floor up; how an imported example joins a dataset is ``editing``'s
matter, and what makes training data of runs is ``curation.training``'s.

::

    reading     a file or folder -> drafts of examples   writing      a dataset -> a file or folder
    checking    what was written is what was meant       table_text   examples as the cells of a CSV or TSV
    hub_folder  folders as Hugging Face has them         arrow_table  examples as the columns of a Parquet file
    card        which files are which split              arrow_files  what ``save_to_disk`` writes
    langsmith   LangSmith's exports, both of them        chat         lines of messages, as fine-tuning takes them
    messages    a conversation out of inputs and outputs, whoever's API they were for
"""

from pytest_llmobs.datasets.exchange.reading import Imported, read_foreign
from pytest_llmobs.datasets.exchange.writing import FORMS, Exported, write_foreign

__all__ = ["FORMS", "Exported", "Imported", "read_foreign", "write_foreign"]
