"""What a shell is offered for the word that is being typed."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING

import click

from convshape.layers import KINDS, find, summary, words

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem


def offered(known: Iterable[tuple[str, str]], typed: str, *, before: str = "") -> list[CompletionItem]:
    """The known words, each with its help, that go on from what is typed."""
    from click.shell_completion import CompletionItem

    return [CompletionItem(before + word, help=told) for word, told in known if word.startswith(typed)]


def columns(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """The last of the columns that commas join."""
    from convshape.formats.inference import COLUMNS

    before, comma, last = incomplete.rpartition(",")
    known = ((name, column.doc) for name, column in COLUMNS.items())
    return offered(known, last, before=before + comma)


def kind(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """A kind of layer."""
    return offered(((kind, summary(cls)) for kind, cls in KINDS.items()), incomplete)


def spec(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """The kinds where a statement begins, the keys of its kind behind it, and files as a first word."""
    from click.shell_completion import CompletionItem

    statement = re.split(r"[;{}|\n]", incomplete)[-1].lstrip()
    typed = re.split(r"[\s;{}|]", incomplete)[-1]
    before = incomplete.removesuffix(typed)
    known: Iterable[tuple[str, str]]
    if statement == typed:
        known = ((word, summary(found[0])) for word in words() if (found := find(word)))
    else:
        kind = find(statement.split()[0])
        known = [] if kind is None else ((f"{p.key}=", p.doc) for p in kind[0].params)
    items = offered(known, typed, before=before)
    return items if before else [*items, CompletionItem(incomplete, type="file")]
