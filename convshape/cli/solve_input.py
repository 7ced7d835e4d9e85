"""The command `solve-input`."""

from __future__ import annotations

import re

import click

from convshape import Shape, solve_input
from convshape.analyses.report import TRIED
from convshape.cli import sources
from convshape.cli.options import (
    SPEC_HELP,
    Command,
    input_option,
    list_output_options,
    max_layers_option,
    option,
    refused,
    spec_argument,
    wanted_option,
)
from convshape.cli.output import show
from convshape.library import MOST_TRIED


def _range(ctx: click.Context, param: click.Parameter, value: str) -> range:
    """A range of sizes, both ends included."""
    match = re.fullmatch(r"([0-9]{1,12}):([0-9]{1,12})", value.strip())
    first, last = map(int, match.groups()) if match else (0, 0)
    if not 1 <= first <= last:
        hint = "expected the first and the last size as in 1:1024"
        raise refused(param, value, "is not a range", hint)
    if last - first >= MOST_TRIED:
        raise refused(param, value, "is too long a range", f"at most {MOST_TRIED} sizes are tried")
    return range(first, last + 1)


@click.command("solve-input", cls=Command, epilog=SPEC_HELP)
@spec_argument
@input_option
@wanted_option("Only sizes for which the network has this output")
@option("--lossless", is_flag=True, help="Only sizes for which no layer loses border samples.")
@option("--square", is_flag=True, help="Give all axes the same size, instead of varying each alone.")
@option(
    "--range",
    "tried",
    default=f"{TRIED.start}:{TRIED[-1]}",
    show_default=True,
    callback=_range,
    metavar="A:B",
    help="Sizes to try, from A to B.",
)
@list_output_options
@max_layers_option
@click.pass_context
def command(
    ctx: click.Context,
    specs: tuple[str, ...],
    input_shape: Shape | None,
    output: Shape | None,
    lossless: bool,
    square: bool,
    tried: range,
    format_name: str,
    color: str,
    max_layers: int,
) -> None:
    """Find the input sizes that work, that lose no border, or that give --output.

    The input shape gives the channels, and the sizes of the axes that are not varied.

    \b
    convshape solve-input @unet
    convshape solve-input -i 3x9x9 --lossless "conv k=3 s=2 out=8; maxpool k=3"
    """
    from convshape.formats.sizes import Sizes

    network = sources.network(ctx, specs, max_layers)
    report = solve_input(network, input_shape, output=output, lossless=lossless, square=square, range=tried)
    show(Sizes(report), format_name, color)
