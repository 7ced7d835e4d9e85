"""The two answers that are one thing: the spec, and the final shape."""

from __future__ import annotations

from convshape.formats.answer import Answer, Page


def spec(answer: Answer, page: Page) -> str:
    """The spec in normal form, for the next command of a pipe."""
    return answer.spec()


def shape(answer: Answer, page: Page) -> str:
    """The final shape on a line of its own."""
    return answer.shape() + "\n"
