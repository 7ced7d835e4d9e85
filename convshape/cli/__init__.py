"""The command line: options to library calls, answers to standard output, errors to standard error.

The only room that knows click, and the only one that exits: 0 fine, 1 understood but the answer is no,
2 not understood.  What an answer holds and how it is drawn is decided elsewhere.  Each command is a module of
its own, which is loaded when the command is asked for.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from importlib import import_module
from typing import Any, cast

import click

from convshape import ConvshapeError, NoSolution, __version__
from convshape.cli.refusals import No, NotUnderstood

# What shells say of a command that Ctrl-C has ended: 128 and the number of the signal.
_INTERRUPTED = 130

# The commands, in the order in which the documentation has them, and the module of each.
_MODULES = {
    "infer": "infer",
    "solve-padding": "solve_padding",
    "solve-input": "solve_input",
    "explain": "explain",
    "layers": "layers",
}


class _Commands(Mapping[str, click.Command]):
    """The commands by name, each loaded when it is taken."""

    def __getitem__(self, name: str) -> click.Command:
        command: click.Command = import_module(f"convshape.cli.{_MODULES[name]}").command
        return command

    def __iter__(self) -> Iterator[str]:
        return iter(_MODULES)

    def __len__(self) -> int:
        return len(_MODULES)


class _Program(click.Group):
    """The program; the one place where our errors become exits."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt:
            click.echo("", err=True)
            raise click.exceptions.Exit(_INTERRUPTED) from None
        except NoSolution as error:
            raise No(error) from None
        except ConvshapeError as error:
            raise NotUnderstood(error) from None


@click.group(
    cls=_Program,
    commands=cast("dict[str, click.Command]", _Commands()),  # click only reads it
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
