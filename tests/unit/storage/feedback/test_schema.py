from __future__ import annotations

from pytest_llmobs.storage.feedback.schema import (
    CHANGEABLE,
    FEEDBACK_COLUMNS,
    FEEDBACK_NAMES,
    STATE_NAMES,
    feedback_markdown,
    feedback_schema,
)


def test_every_column_has_a_meaning_and_a_name_that_needs_no_quotes_in_sql() -> None:
    assert len(set(FEEDBACK_NAMES)) == len(FEEDBACK_NAMES)
    for column in FEEDBACK_COLUMNS:
        assert column.meaning
        assert column.name.isidentifier()
        assert feedback_schema().field(column.name).metadata[b"meaning"] == column.meaning.encode()


def test_what_an_update_may_set_is_part_of_the_state() -> None:
    for names in CHANGEABLE.values():
        assert set(names) <= set(STATE_NAMES)


def test_what_users_wrote_has_no_statistics() -> None:
    with_statistics = {column.name for column in FEEDBACK_COLUMNS if column.statistics}
    assert with_statistics.isdisjoint({"comment", "correction", "value", "unscored", "extra", "source_info"})


def test_the_documentation_lists_every_column() -> None:
    rows = feedback_markdown().splitlines()
    assert [row.split("`")[1] for row in rows[2:]] == list(FEEDBACK_NAMES)
