"""The command `infer`."""

from __future__ import annotations

import gc
import sys

import click

from convshape import NoSolution, Shape, infer
from convshape.analyses.backends import BACKENDS, load
from convshape.analyses.report import ITEM_SIZES, Report, tally
from convshape.axis import LARGEST
from convshape.cli import completion, sources
from convshape.cli.options import (
    SPEC_HELP,
    Command,
    input_option,
    max_layers_option,
    network_output_options,
    option,
    refused,
    shape,
    spec_argument,
)
from convshape.cli.output import show
from convshape.layers import format_shape

# Bytes by unit, K to T of a thousand each or, with an I, of 1024; and how many digits stand before it.
_UNITS: dict[str, int] = {
    prefix + suffix: base**power
    for power, prefix in enumerate(["", *"KMGT"])
    for suffix, base in (("", 1000), ("B", 1000), ("I", 1024), ("IB", 1024))
}
_MOST_DIGITS = 15

# From how many rows on a progress bar is worth its flicker.
_LONG = 50


def _names(ctx: click.Context, param: click.Parameter, value: str | None) -> tuple[str, ...] | None:
    """Names joined by commas; the format that draws them knows which there are."""
    return None if value is None else tuple(name.strip() for name in value.split(","))


def _bytes(ctx: click.Context, param: click.Parameter, value: str) -> int:
    """A size as in 2GiB, 500MB or plain bytes."""
    text = value.strip()
    unit = text.lstrip("0123456789")
    number = text.removesuffix(unit)
    factor = _UNITS.get(unit.strip().upper())
    if factor is None or not 1 <= len(number) <= _MOST_DIGITS:
        hint = "expected a number of bytes as in 2GiB, 500MB or 1000000"
        raise refused(param, value, "is not a size", hint)
    return int(number) * factor


class _InferCommand(Command):
    """Lets ``--check`` stand alone before a SPEC: only the name of a backend is its value."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        following = [*args, ""][1:]
        alone = [arg == "--check" and nxt not in BACKENDS for arg, nxt in zip(args, following, strict=True)]
        default = f"--check={next(iter(BACKENDS))}"
        return super().parse_args(ctx, [default if a else arg for a, arg in zip(alone, args, strict=True)])


@click.command("infer", cls=_InferCommand, epilog=SPEC_HELP)
@spec_argument
@input_option
@network_output_options
@option(
    "-c",
    "--columns",
    callback=_names,
    shell_complete=completion.columns,
    metavar="NAME,...",
    help="Columns to show, in this order ('convshape help columns' lists them); for table, csv, tsv and "
    "markdown.",
)
@option(
    "--expect",
    callback=shape,
    metavar="CxHxW",
    help="Exit with 1 unless the network ends in this shape.",
)
@option(
    "-b",
    "--batch",
    type=click.IntRange(1, LARGEST),
    default=1,
    show_default=True,
    metavar="N",
    help="Batch size, for the memory of activations.",
)
@option(
    "--dtype",
    type=click.Choice(list(ITEM_SIZES)),
    default=next(iter(ITEM_SIZES)),
    show_default=True,
    help="Data type of the activations, for their memory.",
)
@option(
    "--check",
    type=click.Choice(list(BACKENDS)),
    metavar="[torch]",
    help="Compare each row with the real layer of a framework, torch by default; exit with 1 if one differs.",
)
@option(
    "--check-memory",
    default="2GiB",
    callback=_bytes,
    show_default=True,
    metavar="BYTES",
    help="Skip the check of rows that need more memory than this.",
)
@max_layers_option
@click.pass_context
def command(
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
    """Compute the shapes, parameters and MACs of a network, layer by layer.

    \b
    convshape infer -i 1x32x32 "conv k=5 out=6; tanh"
    convshape infer @lenet5 -f tsv -c layer,output,macs
    """
    from convshape.formats.inference import Inference

    report = infer(sources.network(ctx, specs, max_layers), input_shape, batch=batch, dtype=dtype)
    if check is not None:
        report = _confirmed(report, check, check_memory)
    show(Inference(report, batch=batch, dtype=dtype), format_name, color, columns)
    noes = [*_disagreements(report), *_unexpected(report, expect)]
    if check is not None:
        click.echo(_confirmation(report), err=True)
    if noes:
        raise NoSolution("\n".join(noes))


def _confirmed(report: Report, check: str, max_bytes: int) -> Report:
    from convshape.analyses.confirmation import confirm

    gc.enable()  # a framework may make cycles, of large tensors
    backend = load(check)
    shown = sys.stderr.isatty() and len(report.rows) >= _LONG
    bar = click.progressbar(
        length=len(report.rows), label=f"checking with {check}", file=sys.stderr, hidden=not shown
    )
    with bar:
        return confirm(report, backend, max_bytes=max_bytes, progress=lambda: bar.update(1))


def _disagreements(report: Report) -> list[str]:
    return [
        f"#{row.index} {row.spec}: {row.verdict.detail}"
        for row in report.rows
        if row.verdict is not None and row.verdict.confirmed is False
    ]


def _confirmation(report: Report) -> str:
    """The rows that were not checked, and why; last, how many were confirmed."""
    lines = dict.fromkeys(
        f"{row.spec} is not checked: {row.verdict.detail}"
        for row in report.rows
        if row.verdict is not None and row.verdict.confirmed is None
    )
    confirmed, differing, unchecked = tally(report)
    others = "".join(
        f", {count} {word}" for count, word in ((differing, "differing"), (unchecked, "not checked")) if count
    )
    of = confirmed + differing + unchecked
    by = "" if report.check is None else f"{report.check.backend} {report.check.version}"
    return "\n".join([*lines, f"{confirmed} of {of} rows confirmed by {by}{others}"])


def _unexpected(report: Report, expect: Shape | None) -> list[str]:
    if expect is None or report.output == expect:
        return []
    return [f"expected {format_shape(expect)}, but the network ends in {format_shape(report.output)}"]
