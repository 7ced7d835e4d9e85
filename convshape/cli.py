"""The command line: options to library calls, answers to standard output, errors to standard error.

The only module that knows click, and the only one that exits: 0 fine, 1 understood but the answer is no,
2 not understood.  What an answer holds and how it is drawn is decided elsewhere.
"""

from __future__ import annotations

import gc
import os
import re
import sys
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, BinaryIO, TypeVar

import click

from convshape import (
    ConvshapeError,
    Network,
    NoSolution,
    Shape,
    Source,
    Span,
    SpecError,
    __version__,
    infer,
    parse,
    solve_input,
    solve_padding,
)
from convshape.backends import BACKENDS, load
from convshape.errors import did_you_mean, printable, quoted
from convshape.formats import FORMATS, Format, render
from convshape.formats.answer import Answer, Page
from convshape.layers import KINDS, Layer, find, format_shape, summary, words
from convshape.network import MAX_LAYERS
from convshape.report import ITEM_SIZES, TRIED, Report, tally
from convshape.spec import MAX_BYTES, OUTPUT_SIZES, oversized, parse_shape
from convshape.window import LARGEST

# What shells say of a command that Ctrl-C has ended: 128 and the number of the signal.
_INTERRUPTED = 130

# How many sizes are tried at the most, and how wide a picture is in a pipe.
_MOST_TRIED = 1_000_000
_PIPE_WIDTH = 100

# Bytes by unit, K to T of a thousand each or, with an I, of 1024; and how many digits stand before it.
_UNITS: dict[str, int] = {
    prefix + suffix: base**power
    for power, prefix in enumerate(["", *"KMGT"])
    for suffix, base in (("", 1000), ("B", 1000), ("I", 1024), ("IB", 1024))
}
_MOST_DIGITS = 15

# From how many rows on a progress bar is worth its flicker.
_LONG = 50

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

Command = TypeVar("Command", bound=Callable[..., Any])


class _NotUnderstood(click.ClickException):
    """One of our errors on its way out, as click carries them."""

    exit_code = 2

    def __init__(self, error: ConvshapeError) -> None:
        super().__init__(str(error) if error.span else f"convshape: {error}")

    def show(self, file: Any = None) -> None:
        click.echo(self.message, file=file, err=True)


class _No(_NotUnderstood):
    """The question was understood."""

    exit_code = 1


class _Commands(click.Group):
    """The commands; the one place where our errors become exits."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt:
            click.echo("", err=True)
            raise click.exceptions.Exit(_INTERRUPTED) from None
        except NoSolution as error:
            raise _No(error) from None
        except ConvshapeError as error:
            raise _NotUnderstood(error) from None


# Values of options: how they are read, and completed in a shell


def _shape(ctx: click.Context, param: click.Parameter, value: str | None) -> Shape | None:
    return None if value is None else parse_shape(value, name=param.opts[-1])


def _sizes(ctx: click.Context, param: click.Parameter, value: str | None) -> Shape | None:
    return None if value is None else parse_shape(value, name=param.opts[-1], expected=OUTPUT_SIZES)


def _names(ctx: click.Context, param: click.Parameter, value: str | None) -> tuple[str, ...] | None:
    """Names joined by commas; the format that draws them knows which there are."""
    return None if value is None else tuple(name.strip() for name in value.split(","))


def _kind(ctx: click.Context, param: click.Parameter, value: str | None) -> type[Layer] | None:
    if value is None:
        return None
    found = find(value)
    if found is None:
        raise SpecError(
            f"there is no layer {quoted(value)}",
            hint=did_you_mean(value, words(), "'convshape layers' lists them"),
        )
    return found[0]


def _completions(known: Iterable[tuple[str, str]], typed: str, *, before: str = "") -> list[CompletionItem]:
    """What a shell is offered: the known words, each with its help, that go on from what is typed."""
    from click.shell_completion import CompletionItem

    return [CompletionItem(before + word, help=told) for word, told in known if word.startswith(typed)]


def _complete_columns(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    from convshape.formats.inference import COLUMNS

    before, comma, last = incomplete.rpartition(",")
    known = ((name, column.doc) for name, column in COLUMNS.items())
    return _completions(known, last, before=before + comma)


def _complete_kind(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    return _completions(((kind, summary(cls)) for kind, cls in KINDS.items()), incomplete)


def _complete_spec(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
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
    items = _completions(known, typed, before=before)
    return items if before else [*items, CompletionItem(incomplete, type="file")]


def _refused(param: click.Parameter, value: str, fact: str, hint: str) -> SpecError:
    """The error for the value of an option."""
    return SpecError(
        f"{quoted(value)} {fact}", span=Span(Source(param.opts[-1], value), 0, len(value)), hint=hint
    )


def _range(ctx: click.Context, param: click.Parameter, value: str) -> range:
    """A range of sizes, both ends included."""
    match = re.fullmatch(r"([0-9]{1,12}):([0-9]{1,12})", value.strip())
    first, last = map(int, match.groups()) if match else (0, 0)
    if not 1 <= first <= last:
        hint = "expected the first and the last size as in 1:1024"
        raise _refused(param, value, "is not a range", hint)
    if last - first >= _MOST_TRIED:
        raise _refused(param, value, "is too long a range", f"at most {_MOST_TRIED} sizes are tried")
    return range(first, last + 1)


def _bytes(ctx: click.Context, param: click.Parameter, value: str) -> int:
    """A size as in 2GiB, 500MB or plain bytes."""
    text = value.strip()
    unit = text.lstrip("0123456789")
    number = text.removesuffix(unit)
    factor = _UNITS.get(unit.strip().upper())
    if factor is None or not 1 <= len(number) <= _MOST_DIGITS:
        hint = "expected a number of bytes as in 2GiB, 500MB or 1000000"
        raise _refused(param, value, "is not a size", hint)
    return int(number) * factor


# Options that commands share


def _shared(*options: Callable[[Command], Command]) -> Callable[[Command], Command]:
    def decorate(command: Command) -> Command:
        for option in reversed(options):
            command = option(command)
        return command

    return decorate


_spec_argument = click.argument("specs", nargs=-1, shell_complete=_complete_spec, metavar="[SPEC]...")

_input_option = click.option(
    "-i",
    "--input",
    "input_shape",
    callback=_shape,
    metavar="CxHxW",
    help="Input shape without the batch: channels, then one size per axis (CxL, CxHxW, CxDxHxW). "
    "Overrides the spec's own 'input' line.",
)

_max_layers_option = click.option(
    "--max-layers",
    type=click.IntRange(min=1),
    default=MAX_LAYERS,
    show_default=True,
    metavar="N",
    help="Refuse networks of more layers.",
)


_color_option = click.option(
    "--color",
    type=click.Choice(["auto", "always", "never"]),
    default="auto",
    show_default=True,
    help="Colors and bold type in what is drawn; auto: on a terminal, unless NO_COLOR is set.",
)


def _wanted_option(meaning: str) -> Callable[[Command], Command]:
    return click.option(
        "-o",
        "--output",
        callback=_sizes,
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
        _color_option,
    )


_network_output_options = _output_options(FORMATS)

_list_output_options = _output_options({n: entry for n, entry in FORMATS.items() if not entry.of_network})

_columns_option = click.option(
    "-c",
    "--columns",
    callback=_names,
    shell_complete=_complete_columns,
    metavar="NAME,...",
    help="Columns to show, in this order, of a table, csv, tsv or markdown "
    "(all of them: docs/cli.md, or a wrong name).",
)

_SPEC_HELP = (
    "A SPEC is spec text, a file (an argument that ends in .cnn, or a single word with a /), or - for "
    "standard input; several follow one another.  With none, standard input is read when it is a pipe."
)


@click.group(
    cls=_Commands,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="Exit codes: 0 fine, 1 understood but the answer is no, 2 not understood.",
)
@click.version_option(__version__, message="%(prog)s %(version)s")
def main() -> None:
    """Shapes and parameters of convolutional networks, from a line of text.

    \b
    convshape infer -i 1x32x32 "conv k=5 out=6; tanh; avgpool k=2"
    convshape solve-padding "conv k=5 p=? out=6"
    """


class _InferCommand(click.Command):
    """Lets ``--check`` stand alone before a SPEC: only the name of a backend is its value."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        following = [*args, ""][1:]
        alone = [arg == "--check" and nxt not in BACKENDS for arg, nxt in zip(args, following, strict=True)]
        default = f"--check={next(iter(BACKENDS))}"
        return super().parse_args(ctx, [default if a else arg for a, arg in zip(alone, args, strict=True)])


@main.command("infer", cls=_InferCommand, epilog=_SPEC_HELP)
@_spec_argument
@_input_option
@_network_output_options
@_columns_option
@click.option(
    "--expect",
    callback=_shape,
    metavar="CxHxW",
    help="Exit with 1 unless the network ends in this shape.",
)
@click.option(
    "-b",
    "--batch",
    type=click.IntRange(1, LARGEST),
    default=1,
    show_default=True,
    metavar="N",
    help="Samples at once, for the bytes of activations.",
)
@click.option(
    "--dtype",
    type=click.Choice(list(ITEM_SIZES)),
    default=next(iter(ITEM_SIZES)),
    show_default=True,
    help="Type of the activations, for their bytes.",
)
@click.option(
    "--check",
    type=click.Choice(list(BACKENDS)),
    metavar="[torch]",
    help="Confirm each row with the real layer of a framework, torch by default; exit with 1 if one differs.",
)
@click.option(
    "--check-memory",
    default="2GiB",
    callback=_bytes,
    show_default=True,
    metavar="BYTES",
    help="Do not check rows that take more.",
)
@_max_layers_option
@click.pass_context
def infer_command(
    ctx: click.Context,
    specs: tuple[str, ...],
    input_shape: Shape | None,
    format_name: str,
    color: str,
    columns: tuple[str, ...] | None,
    expect: Shape | None,
    batch: int,
    dtype: str,
    check: str | None,
    check_memory: int,
    max_layers: int,
) -> None:
    """Shapes, parameters and the rest of a network, row by row.

    \b
    convshape infer -i 1x32x32 "conv k=5 out=6; tanh"
    convshape infer docs/networks/lenet5.cnn -f tsv -c layer,output,macs
    """
    from convshape.formats.inference import Inference

    report = infer(_network(ctx, specs, max_layers), input_shape, batch=batch, dtype=dtype)
    if check is not None:
        report = _confirmed(report, check, check_memory)
    _print(Inference(report, batch=batch, dtype=dtype), format_name, color, columns)
    noes = [*_disagreements(report), *_unexpected(report, expect)]
    if check is not None:
        click.echo(_confirmation(report), err=True)
    if noes:
        raise NoSolution("\n".join(noes))


def _confirmed(report: Report, check: str, max_bytes: int) -> Report:
    from convshape.backends.confirmation import confirm

    gc.enable()  # a framework may make cycles, of large tensors
    backend = load(check)
    shown = sys.stderr.isatty() and len(report.rows) >= _LONG
    bar = click.progressbar(
        length=len(report.rows), label=f"asking {check}", file=sys.stderr, hidden=not shown
    )
    with bar:
        return confirm(report, backend, max_bytes=max_bytes, progress=lambda: bar.update(1))


def _disagreements(report: Report) -> list[str]:
    return [
        f"#{row.number} {row.text}: {row.verdict.detail}"
        for row in report.rows
        if row.verdict is not None and row.verdict.confirmed is False
    ]


def _confirmation(report: Report) -> str:
    """The rows that were not checked, and why; last, how many were confirmed."""
    lines = dict.fromkeys(
        f"{row.text} is not checked: {row.verdict.detail}"
        for row in report.rows
        if row.verdict is not None and row.verdict.confirmed is None
    )
    confirmed, differing, unchecked = tally(report)
    others = "".join(
        f", {count} {word}" for count, word in ((differing, "differing"), (unchecked, "not checked")) if count
    )
    of = confirmed + differing + unchecked
    by = " ".join(report.check or ())
    return "\n".join([*lines, f"{confirmed} of {of} rows confirmed by {by}{others}"])


def _unexpected(report: Report, expect: Shape | None) -> list[str]:
    if expect is None or report.output == expect:
        return []
    return [f"expected {format_shape(expect)}, but the network ends in {format_shape(report.output)}"]


@main.command("solve-padding", epilog=_SPEC_HELP)
@_spec_argument
@_input_option
@_wanted_option("Size that the network has to end in, instead of each layer keeping its own")
@_network_output_options
@_max_layers_option
@click.pass_context
def solve_padding_command(
    ctx: click.Context,
    specs: tuple[str, ...],
    input_shape: Shape | None,
    output: Shape | None,
    format_name: str,
    color: str,
    max_layers: int,
) -> None:
    """The padding that keeps the size, or that reaches --output.

    Fills every p=? of the spec, or where it has none, the padding of every layer that takes one.
    Without --input the padding has to keep every size, which only stride 1 allows.

    \b
    convshape solve-padding "conv k=5 p=? out=6"
    convshape solve-padding -i 3x224x224 -o 112 "conv k=7 s=2 p=? out=64" -f spec
    """
    from convshape.formats.padding import Solution

    report = solve_padding(_network(ctx, specs, max_layers), input_shape, output)
    _print(Solution(report), format_name, color)


@main.command("solve-input", epilog=_SPEC_HELP)
@_spec_argument
@_input_option
@_wanted_option("Only sizes for which the network ends in this size")
@click.option("--lossless", is_flag=True, help="Only sizes that lose no border sample in any layer.")
@click.option("--square", is_flag=True, help="Give all axes the same size, instead of varying each alone.")
@click.option(
    "--range",
    "tried",
    default=f"{TRIED.start}:{TRIED[-1]}",
    show_default=True,
    callback=_range,
    metavar="A:B",
    help="Sizes to try, from A to B.",
)
@_list_output_options
@_max_layers_option
@click.pass_context
def solve_input_command(
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
    """The input sizes that work, that lose no border, or that give --output.

    The input shape gives the channels, and the size of an axis while another is varied.

    \b
    convshape solve-input docs/networks/unet.cnn
    convshape solve-input -i 3x9x9 --lossless "conv k=3 s=2 out=8; maxpool k=3 s=2"
    """
    from convshape.formats.sizes import Sizes

    network = _network(ctx, specs, max_layers)
    report = solve_input(network, input_shape, output=output, lossless=lossless, together=square, tried=tried)
    _print(Sizes(report), format_name, color)


@main.command("explain", epilog=_SPEC_HELP)
@_spec_argument
@_input_option
@click.option("--ascii", "plain", is_flag=True, help="Draw with ASCII characters alone.")
@_color_option
@_max_layers_option
@click.pass_context
def explain_command(
    ctx: click.Context,
    specs: tuple[str, ...],
    input_shape: Shape | None,
    plain: bool,
    color: str,
    max_layers: int,
) -> None:
    """One layer at a time: the formula with its numbers, and a picture of the windows.

    \b
    convshape explain -i 1x8x8 "conv k=3 s=2 out=1"
    convshape explain docs/networks/lenet5.cnn
    """
    from convshape.explain import ASCII, UNICODE, explain
    from convshape.formats.sections import INDENT, sections

    report = infer(_network(ctx, specs, max_layers), input_shape)
    page = _page(color, None)
    width = (page.width or _PIPE_WIDTH) - len(INDENT)
    told = explain(report, width=width, signs=ASCII if plain or page.ascii else UNICODE)
    _write(sections(told, color=page.color))


@main.command("layers")
@click.argument("kind", required=False, callback=_kind, shell_complete=_complete_kind)
@_list_output_options
def layers_command(kind: type[Layer] | None, format_name: str, color: str) -> None:
    """What can be written in a spec: all kinds of layer, or one with its parameters.

    \b
    convshape layers
    convshape layers conv
    """
    from convshape.formats.kinds import Kind, Kinds

    _print(Kinds() if kind is None else Kind(kind), format_name, color)


# Reading


def _network(ctx: click.Context, specs: tuple[str, ...], max_layers: int) -> Network:
    """The network that the arguments say, or standard input where there are none and it is a pipe."""
    if not specs:
        if sys.stdin.isatty():
            click.echo(ctx.get_help())
            ctx.exit()
        specs = ("-",)
    texts = [spec for spec in specs if not _is_file(spec) and spec != "-"]
    sources = []
    for spec in specs:
        if spec == "-":
            sources.append(_read("<stdin>", sys.stdin.buffer))
        elif _is_file(spec):
            sources.append(_read_file(spec))
        else:
            number = f" {len(sources) + 1}" if len(texts) > 1 else ""
            sources.append(Source(f"<spec{number}>", spec))
    return parse(sources, max_layers=max_layers)


def _is_file(spec: str) -> bool:
    return spec.endswith(".cnn") or ("/" in spec and len(spec.split()) == 1)


def _read_file(path: str) -> Source:
    name = printable(path)
    try:
        with open(path, "rb") as file:
            return _read(name, file)
    except (OSError, ValueError) as error:  # a path that holds a NUL is a ValueError
        reason = error.strerror if isinstance(error, OSError) else None
        raise SpecError(
            f"{name}: {(reason or str(error)).lower()}",
            hint="a SPEC that ends in .cnn or is a single word with a / names a file",
        ) from None


def _read(name: str, file: BinaryIO) -> Source:
    """A source from bytes, which must be UTF-8 text of a bearable length."""
    data = file.read(MAX_BYTES + 1)
    if len(data) > MAX_BYTES:
        raise oversized(name)
    data = data.removeprefix(b"\xef\xbb\xbf")
    if b"\0" in data:
        raise SpecError(f"{name}: binary data, not a spec", hint="a spec is UTF-8 text")
    try:
        return Source(name, data.decode())
    except UnicodeDecodeError as error:
        place = len(data[: error.start].decode())
        source = Source(name, data.decode(errors="replace"))
        raise SpecError(
            f"byte {data[error.start]:#04x} is not UTF-8",
            span=Span(source, place, place + 1),
            hint="save the file as UTF-8",
        ) from None


# Writing


def _print(answer: Answer, format_name: str, color: str, columns: tuple[str, ...] | None = None) -> None:
    if columns is not None and not FORMATS[format_name].tabular:
        tabular = ", ".join(name for name, entry in FORMATS.items() if entry.tabular)
        raise ConvshapeError(
            f"--columns does not go with --format {format_name}", hint=f"it goes with {tabular}"
        )
    _write(render(answer, format_name, _page(color, columns)))


def _page(color: str, columns: tuple[str, ...] | None) -> Page:
    """What is known of where the answer goes: standard output, a terminal or not."""
    terminal = sys.stdout.isatty()
    plain = bool(os.environ.get("NO_COLOR")) or os.environ.get("TERM") == "dumb"
    return Page(
        columns=columns,
        width=_terminal_width() if terminal else None,
        color=color == "always" or (color == "auto" and terminal and not plain),
        ascii="utf" not in (sys.stdout.encoding or "").lower(),
    )


def _terminal_width() -> int:
    from shutil import get_terminal_size

    return get_terminal_size().columns


def _write(text: str) -> None:
    """Write to standard output; that its reader has gone is no failure, that it is full is one."""
    try:
        sys.stdout.write(text)
        sys.stdout.flush()
    except BrokenPipeError:
        # Python would complain once more at the exit, when it flushes what is left.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise ConvshapeError(f"cannot write the answer: {reason}") from None
