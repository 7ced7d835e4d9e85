"""The options and the argument that commands share, and how their values are read."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import click

from convshape import Shape, Source, Span, SpecError
from convshape.cli import completion
from convshape.errors import quoted
from convshape.formats import FORMATS, Format
from convshape.network import MAX_LAYERS
from convshape.spec import OUTPUT_SIZES, parse_shape

Command = TypeVar("Command", bound=Callable[..., Any])


def shape(ctx: click.Context, param: click.Parameter, value: str | None) -> Shape | None:
    """A whole shape."""
    return None if value is None else parse_shape(value, name=param.opts[-1])


def sizes(ctx: click.Context, param: click.Parameter, value: str | None) -> Shape | None:
    """A whole shape, or the sizes alone."""
    return None if value is None else parse_shape(value, name=param.opts[-1], expected=OUTPUT_SIZES)


def refused(param: click.Parameter, value: str, fact: str, hint: str) -> SpecError:
    """The error for the value of an option."""
    return SpecError(
        f"{quoted(value)} {fact}", span=Span(Source(param.opts[-1], value), 0, len(value)), hint=hint
    )


def _shared(*options: Callable[[Command], Command]) -> Callable[[Command], Command]:
    def decorate(command: Command) -> Command:
        for option in reversed(options):
            command = option(command)
        return command

    return decorate


spec_argument = click.argument("specs", nargs=-1, shell_complete=completion.spec, metavar="[SPEC]...")

input_option = click.option(
    "-i",
    "--input",
    "input_shape",
    callback=shape,
    metavar="CxHxW",
    help="Input shape without the batch: channels, then one size per axis (CxL, CxHxW, CxDxHxW). "
    "Overrides the spec's own 'input' line.",
)

max_layers_option = click.option(
    "--max-layers",
    type=click.IntRange(min=1),
    default=MAX_LAYERS,
    show_default=True,
    metavar="N",
    help="Refuse networks of more layers.",
)

color_option = click.option(
    "--color",
    type=click.Choice(["auto", "always", "never"]),
    default="auto",
    show_default=True,
    help="Colors and bold type in what is drawn; auto: on a terminal, unless NO_COLOR is set.",
)


def wanted_option(meaning: str) -> Callable[[Command], Command]:
    """``--output``, for what the final size means to a command."""
    return click.option(
        "-o",
        "--output",
        callback=sizes,
        metavar="HxW",
        help=f"{meaning}: one for all axes, one each, or a whole shape.",
    )


def _output_options(formats: dict[str, Format]) -> Callable[[Command], Command]:
    return _shared(
        click.option(
            "-f",
            "--format",
            "format_name",
            type=click.Choice(list(formats)),
            default=next(iter(formats)),
            show_default=True,
            help="; ".join(f"{name}: {entry.doc}" for name, entry in formats.items()) + ".",
        ),
        color_option,
    )


network_output_options = _output_options(FORMATS)

list_output_options = _output_options({n: entry for n, entry in FORMATS.items() if not entry.of_network})

SPEC_HELP = (
    "A SPEC is spec text, a file (an argument that ends in .cnn, or a single word with a /), or - for "
    "standard input; several follow one another.  With none, standard input is read when it is a pipe."
)
"""What stands below the options of a command that takes networks."""
