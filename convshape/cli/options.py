"""The options and the argument that commands share, and how their values are read."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, TypeVar

import click

from convshape import ConvshapeError, Shape, Source, Span, SpecError
from convshape.cli import completion
from convshape.cli.refusals import in_our_words
from convshape.errors import nearest, quoted
from convshape.formats import FORMATS, Format
from convshape.graph import MAX_LAYERS
from convshape.language.spec import OUTPUT_SIZES, parse_shape

Decorated = TypeVar("Decorated", bound=Callable[..., Any])


class Command(click.Command):
    """A command that refuses in our own words what it does not take."""

    allow_extra_args = True

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        with in_our_words(ctx):
            rest = super().parse_args(ctx, args)
        if rest and not ctx.resilient_parsing:
            raise ConvshapeError(
                f"{quoted(rest[0])} is one argument too many",
                hint=f"'{ctx.command_path} --help' shows what it takes",
            )
        return rest


def first_sentence(command: click.Command) -> str:
    """What a command does, whole: click would cut it where a line ends."""
    return command.get_short_help_str(limit=1000)


class _Option(click.Option):
    """An option that refuses a value in our own words."""

    def type_cast_value(self, ctx: click.Context, value: Any) -> Any:
        try:
            return super().type_cast_value(ctx, value)
        except click.BadParameter:
            raise ConvshapeError(
                f"{self.opts[-1]} cannot be {quoted(str(value))}", hint=self._expected(str(value))
            ) from None

    def _expected(self, typed: str) -> str:
        """The hint that says what the option takes."""
        if isinstance(self.type, click.IntRange):
            most = "" if self.type.max is None else f" to {self.type.max}"
            return f"expected a whole number from {self.type.min}{most}"
        names = list(map(str, getattr(self.type, "choices", ())))
        match = nearest(typed, names)
        *most_names, last = names
        listed = f"expected {', '.join(most_names)} or {last}" if most_names else f"expected {last}"
        return f"did you mean '{match}'? {listed}" if match else listed


option = partial(click.option, cls=_Option)


def shape(ctx: click.Context, param: click.Parameter, value: str | None) -> Shape | None:
    """A whole shape."""
    return None if value is None else parse_shape(value, name=param.opts[-1])


def sizes(ctx: click.Context, param: click.Parameter, value: str | None) -> Shape | None:
    """A whole shape, or the sizes alone."""
    return None if value is None else parse_shape(value, name=param.opts[-1], expected=OUTPUT_SIZES)


def _one_shape(ctx: click.Context, param: click.Parameter, values: tuple[str, ...]) -> Shape | None:
    """The shape of the one input that there is."""
    shapes = [parse_shape(value, name=param.opts[-1]) for value in values]
    if len(shapes) > 1:
        given = " and ".join(map(quoted, values[:2]))
        raise SpecError(f"{param.opts[-1]} is given twice: {given}", hint="a network has one input shape")
    return shapes[0] if shapes else None


def refused(param: click.Parameter, value: str, fact: str, hint: str) -> SpecError:
    """The error for the value of an option."""
    return SpecError(
        f"{quoted(value)} {fact}", span=Span(Source(param.opts[-1], value), 0, len(value)), hint=hint
    )


def _shared(*options: Callable[[Decorated], Decorated]) -> Callable[[Decorated], Decorated]:
    def decorate(function: Decorated) -> Decorated:
        for each in reversed(options):
            function = each(function)
        return function

    return decorate


spec_argument = click.argument("specs", nargs=-1, shell_complete=completion.spec, metavar="[SPEC]...")

input_option = option(
    "-i",
    "--input",
    "input_shape",
    callback=_one_shape,
    multiple=True,
    metavar="CxHxW",
    help="Input shape without the batch: channels, then one size per axis (CxL, CxHxW or CxDxHxW). "
    "Overrides the spec's 'input' line.",
)

max_layers_option = option(
    "--max-layers",
    type=click.IntRange(min=1),
    default=MAX_LAYERS,
    show_default=True,
    metavar="N",
    help="Refuse networks with more layers than this.",
)

color_option = option(
    "--color",
    type=click.Choice(["auto", "always", "never"]),
    default="auto",
    show_default=True,
    help="When to use colors and bold type; auto: on a terminal, unless NO_COLOR is set.",
)


def wanted_option(meaning: str) -> Callable[[Decorated], Decorated]:
    """``--output``, for what the final size means to a command."""
    return option(
        "-o",
        "--output",
        callback=sizes,
        metavar="HxW",
        help=f"{meaning}: one size for all axes, one per axis, or a whole shape.",
    )


def _output_options(formats: dict[str, Format]) -> Callable[[Decorated], Decorated]:
    return _shared(
        option(
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
    "A SPEC is spec text, a file (its name has a / or ends in .cnn or .txt), @NAME for a network that ships "
    "with convshape ('convshape networks' lists them), or - for standard input; several make one network.  "
    "Text without * ? | { } ; or # needs no quotes.  Without a SPEC, piped standard input is read.  "
    "'convshape help spec' shows the language."
)
"""What stands below the options of a command that takes networks."""
