PYTHON ?= python

.PHONY: check lint types layers style test coverage readme completions oldest langchain

check: lint types layers style coverage

lint:
	$(PYTHON) -m ruff check .
	$(PYTHON) -m ruff format --check .

types:
	$(PYTHON) -m mypy

layers:
	$(dir $(shell $(PYTHON) -c 'import sys; print(sys.executable)'))lint-imports

style:
	$(PYTHON) .ci/style.py

test:
	$(PYTHON) -m pytest

# The variable makes coverage start itself in every process: in pytest and in its workers.
coverage: export COVERAGE_PROCESS_START := $(CURDIR)/pyproject.toml
coverage: test
	$(PYTHON) -m coverage combine -q
	$(PYTHON) -m coverage report

readme:
	LLMOBS_UPDATE_README=1 $(PYTHON) -m pytest -q -k "those_there_are or has_every_command or those_of_the_files or those_of_the_schema or those_of_the_command or is_the_one_printed" tests/e2e

# What shells complete, made of the commands' parsers; needs shtab.
completions:
	$(PYTHON) .ci/completions.py

oldest langchain:
	.ci/on_top $@
