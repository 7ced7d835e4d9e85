"""The pages of `help`: what the documentation says at more length, made from the same registers."""

from __future__ import annotations

from collections.abc import Callable

import click

from convshape.cli.refusals import EXIT_CODES
from convshape.formats import FORMATS
from convshape.layers import KINDS, summary

EXAMPLE = """\
# A comment ends with its line.
input 3x64x64                     # optional first line; -i overrides it
conv k=7 s=2 p=3 out=64 bias=no   # KIND KEY=VALUE ...
bn; relu                          # several statements on a line
maxpool k=3x3 s=2 p=0:1           # x between axes, : between before and after

# Branches start from the current tensor; an empty one is that tensor itself.
2 * {
  add {
    conv k=3 p=same out=64 bias=no; bn; relu
    conv k=3 p=same out=64 bias=no; bn
  |
  }
  relu
}

# A name stands for a tensor.
skip: conv k=1 out=32
conv k=3 p=1 out=32
concat skip
gap; flatten; linear out=10
"""
"""The language on one page; the README has it too."""


def _spec(page: click.HelpFormatter) -> None:
    page.write(EXAMPLE)
    page.write_paragraph()
    page.write_text(
        "The number of axes follows from the input: CxL, CxHxW or CxDxHxW.  p also takes the words same, "
        "same-lower and valid; p=? leaves it to 'solve-padding'."
    )
    page.write_paragraph()
    page.write_text(
        "On the command line, a spec without * ? | { } ; or # needs no quotes: a word begins a statement, "
        "KEY=VALUE belongs to the layer before it, and NAME: names what follows."
    )
    with page.section("Kinds of layer ('convshape layers KIND' shows one with its keys)"):
        page.write_dl([(kind, summary(cls)) for kind, cls in KINDS.items()])


def _columns(page: click.HelpFormatter) -> None:
    from convshape.formats.inference import COLUMNS

    page.write_text("'infer -c NAME,...' shows these columns, in the order given.")
    with page.section("Columns"):
        page.write_dl([(name, column.doc) for name, column in COLUMNS.items()])


def _formats(page: click.HelpFormatter) -> None:
    page.write_text("'-f NAME' writes the answer in one of these formats.")
    for title, tabular in (("With a choice of columns (-c)", True), ("Without (-c does not apply)", False)):
        with page.section(title):
            page.write_dl([(name, each.doc) for name, each in FORMATS.items() if each.tabular is tabular])


def _exit_codes(page: click.HelpFormatter) -> None:
    page.write_text("The answer goes to standard output, everything else to standard error.")
    with page.section("Exit codes"):
        page.write_dl(
            [
                (str(code), f"{meaning}: {examples}".rstrip(": ").replace("`", ""))
                for code, (meaning, examples) in EXIT_CODES.items()
            ]
        )


PAGES: dict[str, tuple[str, Callable[[click.HelpFormatter], None]]] = {
    "spec": ("The spec language on one page, and the kinds of layer.", _spec),
    "columns": ("The columns that 'infer -c' can show.", _columns),
    "formats": ("The output formats, for '-f'.", _formats),
    "exit-codes": ("What the exit codes mean.", _exit_codes),
}
"""Every page by its name: what it is, and what writes it."""
