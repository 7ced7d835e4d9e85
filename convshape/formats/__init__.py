"""Formats: each is one function from an answer to text, found through the register below.

A format is imported when it is used, so that a pipeline of tsv never pays for drawing tables.
"""

from __future__ import annotations

from importlib import import_module

from convshape.formats.answer import Answer, Page


class Format:
    """Where a format lives, and what it is in a few words.

    A `tabular` one has columns to choose; one `of_network` shows a network, and nothing else can be shown in
    it.
    """

    def __init__(
        self, module: str, function: str, doc: str, *, tabular: bool = False, of_network: bool = False
    ) -> None:
        self.module = module
        self.function = function
        self.doc = doc
        self.tabular = tabular
        self.of_network = of_network


FORMATS: dict[str, Format] = {
    "table": Format("table", "table", "drawn for reading", tabular=True),
    "json": Format("objects", "json", "one object with everything"),
    "jsonl": Format("objects", "jsonl", "one object per row"),
    "csv": Format("delimited", "csv", "comma-separated values", tabular=True),
    "tsv": Format("delimited", "tsv", "tab-separated values", tabular=True),
    "markdown": Format("markdown", "markdown", "a Markdown table", tabular=True),
    "spec": Format("plain", "spec", "the spec in normal form", of_network=True),
    "shape": Format("plain", "shape", "the final shape alone", of_network=True),
}
"""Every format by its name, the default first."""


def render(answer: Answer, name: str, page: Page) -> str:
    """The text of an answer in the format of that name."""
    entry = FORMATS[name]
    function = getattr(import_module(f"convshape.formats.{entry.module}"), entry.function)
    return str(function(answer, page))
