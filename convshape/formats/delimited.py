"""Comma- and tab-separated values, for spreadsheets and for cut and awk."""

from __future__ import annotations

import csv as library
from io import StringIO

from convshape.formats.answer import Answer, Page, raw_cell


def csv(answer: Answer, page: Page) -> str:
    """A header and one record per row, quoted where RFC 4180 asks for it."""
    return _delimited(answer, page, ",")


def tsv(answer: Answer, page: Page) -> str:
    """A header and one record per row, separated by tabs."""
    return _delimited(answer, page, "\t")


def _delimited(answer: Answer, page: Page, delimiter: str) -> str:
    sheet = answer.sheet(page.columns, drawn=False)
    out = StringIO()
    writer = library.writer(out, delimiter=delimiter, lineterminator="\n")
    writer.writerow([column.name for column in sheet.columns])
    writer.writerows(map(raw_cell, row) for row in sheet.rows)
    return out.getvalue()
