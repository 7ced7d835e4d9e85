"""JSON: one object for everything, or one a row."""

from __future__ import annotations

from json import dumps
from typing import Any

from convshape.formats.answer import Answer, Page


def json(answer: Answer, page: Page) -> str:
    """The document, a line for each field and each entry of a list; docs/json.md has it field by field."""
    fields = [f'  "{name}": {_laid_out(value)}' for name, value in answer.document().items()]
    return "{\n" + ",\n".join(fields) + "\n}\n"


def _laid_out(value: Any) -> str:
    """A value on one line, but a list of objects with one a line."""
    if isinstance(value, list) and value and isinstance(value[0], dict):
        return "[\n" + ",\n".join(f"    {dumps(entry)}" for entry in value) + "\n  ]"
    return dumps(value)


def jsonl(answer: Answer, page: Page) -> str:
    """One entry of the document a line."""
    return "".join(f"{dumps(entry)}\n" for entry in answer.entries())
