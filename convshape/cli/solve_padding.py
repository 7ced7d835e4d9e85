"""The command `solve-padding`."""

from __future__ import annotations

import click

from convshape import Shape, solve_padding
from convshape.cli import sources
from convshape.cli.options import (
    SPEC_HELP,
    Command,
    input_option,
    max_layers_option,
    network_output_options,
    spec_argument,
    wanted_option,
)
from convshape.cli.output import show


@click.command("solve-padding", cls=Command, epilog=SPEC_HELP)
@spec_argument
@input_option
@wanted_option("Output that the network must end in, instead of each layer keeping its size")
@network_output_options
@max_layers_option
@click.pass_context
def command(
    ctx: click.Context,
    specs: tuple[str, ...],
    input_shape: Shape | None,
    output: Shape | None,
    format_name: str,
    color: str,
    max_layers: int,
) -> None:
    """Find the padding that keeps the size, or that gives --output.

    Fills in every p=? of the spec or, without any, the padding of every layer that takes one.
    Without --input the padding must keep every size, which only stride 1 allows.

    \b
    convshape solve-padding "conv k=5 p=? out=6"
    convshape solve-padding -i 3x224x224 -o 112 "conv k=7 s=2 p=? out=64" -f spec
    """
    from convshape.formats.padding import Solution

    report = solve_padding(sources.network(ctx, specs, max_layers), input_shape, output)
    show(Solution(report), format_name, color)
