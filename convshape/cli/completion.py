"""What a shell is offered for the word that is being typed."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING

import click

from convshape.cli.words import is_text, joined
from convshape.layers import KINDS, find, summary, words
from convshape.networks import NAMES, title

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


def topic(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """A page or a command that there is help on."""
    from convshape.cli.pages import PAGES

    program = ctx.find_root().command
    commands = program.commands if isinstance(program, click.Group) else {}
    known = [(name, title) for name, (title, _) in PAGES.items()]
    return offered(
        [*known, *((name, each.get_short_help_str()) for name, each in commands.items())], incomplete
    )


def spec(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Kinds where a statement may begin, the keys of the kind behind it, shipped networks and files."""
    from click.shell_completion import CompletionItem

    if incomplete.startswith("@"):
        return offered(((f"@{name}", title(name)) for name in NAMES), incomplete)
    statement = _statement(incomplete)
    typed = re.split(r"\s", statement)[-1]
    before = incomplete.removesuffix(typed)
    known: list[tuple[str, str]] = []
    head = statement
    if statement == typed:
        known += [(word, summary(found[0])) for word in words() if (found := find(word))]
        # A word without quotes may go on from those before it, as KEY=VALUE does.
        head = "" if before else _statement(joined(_texts(ctx.params.get("specs") or ())))
    kind = find(head.split()[0]) if head.strip() else None
    keys = [] if kind is None else [(f"{p.key}=", p.doc) for p in kind[0].params]
    items = offered([*known, *keys], typed, before=before)
    return items if before else [*items, CompletionItem(incomplete, type="file")]


def _statement(text: str) -> str:
    """The last statement of a text, without its label and count."""
    return re.sub(r"^([^\s:=]*:)?\s*(\S*\s*\*)?\s*", "", re.split(r"[;{}|\n]", text)[-1].lstrip())


def _texts(specs: tuple[str, ...]) -> list[str]:
    """The words of text at the end of what is typed already."""
    texts: list[str] = []
    for word in specs:
        texts = [*texts, word] if is_text(word) else []
    return texts
