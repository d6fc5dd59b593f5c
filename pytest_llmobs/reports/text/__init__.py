"""Writing for people: a page and its width, cells, tables, figures, trees, diffs. Knows no experiment."""
