"""The two answers that are one thing: the spec, and the final shape."""

from __future__ import annotations

from convshape.formats.answer import NetworkAnswer, Page


def spec(answer: NetworkAnswer, page: Page) -> str:
    """The spec in normal form, for the next command of a pipe."""
    return answer.spec()


def shape(answer: NetworkAnswer, page: Page) -> str:
    """The final shape on a line of its own."""
    return answer.shape() + "\n"
