"""The command `explain`."""

from __future__ import annotations

import click

from convshape import Shape, explain
from convshape.cli import sources
from convshape.cli.options import (
    SPEC_HELP,
    Command,
    color_option,
    input_option,
    max_layers_option,
    option,
    spec_argument,
)
from convshape.cli.output import page_for, write
from convshape.library import WIDEST

# How wide a picture is in a pipe.
_PIPE_WIDTH = 100


@click.command("explain", cls=Command, epilog=SPEC_HELP)
@spec_argument
@input_option
@option("--ascii", "plain", is_flag=True, help="Draw with ASCII characters only.")
@color_option
@max_layers_option
@click.pass_context
def command(
    ctx: click.Context,
    specs: tuple[str, ...],
    input_shape: Shape | None,
    plain: bool,
    color: str,
    max_layers: int,
) -> None:
    """Explain each layer: the formula with its numbers, and a picture of the windows.

    \b
    convshape explain -i 1x8x8 "conv k=3 s=2 out=1"
    convshape explain @lenet5
    """
    from convshape.formats.sections import INDENT, sections

    network = sources.network(ctx, specs, max_layers)
    page = page_for(color, None)
    width = min(max(1, (page.width or _PIPE_WIDTH) - len(INDENT)), WIDEST)
    told = explain(network, input_shape, width=width, ascii=plain or page.ascii)
    write(sections(told, color=page.color))
