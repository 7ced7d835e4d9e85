"""JSON: one object for everything, or one a row."""

from __future__ import annotations

from convshape.formats.answer import Answer, Page
from convshape.records import dumps, laid_out


def json(answer: Answer, page: Page) -> str:
    """The document; docs/json.md has it field by field."""
    return laid_out(answer.document())


def jsonl(answer: Answer, page: Page) -> str:
    """One entry of the document a line."""
    return "".join(f"{dumps(entry)}\n" for entry in answer.entries())
