"""JSON: one object for everything, or one a row."""

from __future__ import annotations

from json import dumps

from convshape.formats.answer import Answer, Page


def json(answer: Answer, page: Page) -> str:
    """The document, indented; docs/json.md has it field by field."""
    return dumps(answer.document(), indent=2) + "\n"


def jsonl(answer: Answer, page: Page) -> str:
    """One entry of the document a line."""
    return "".join(f"{dumps(entry)}\n" for entry in answer.entries())
