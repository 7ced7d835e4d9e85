"""The command `layers`."""

from __future__ import annotations

import click

from convshape import Layer, SpecError
from convshape.cli import completion
from convshape.cli.options import (
    Command,
    list_output_options,
)
from convshape.cli.output import show
from convshape.errors import did_you_mean, quoted
from convshape.layers import find, words


def _kind(ctx: click.Context, param: click.Parameter, value: str | None) -> type[Layer] | None:
    if value is None:
        return None
    found = find(value)
    if found is None:
        from convshape.language.guesses import kind_hint  # only an error needs it

        hint = kind_hint(value) or did_you_mean(value, words(), "'convshape layers' lists them")
        raise SpecError(f"there is no layer {quoted(value)}", hint=hint)
    return found[0]


@click.command("layers", cls=Command)
@click.argument("kind", required=False, callback=_kind, shell_complete=completion.kind)
@list_output_options
def command(kind: type[Layer] | None, format_name: str, color: str) -> None:
    """List the kinds of layer, or show one with its parameters.

    \b
    convshape layers
    convshape layers conv
    """
    from convshape.formats.kinds import Kind, Kinds

    show(Kinds() if kind is None else Kind(kind), format_name, color)
