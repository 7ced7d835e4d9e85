"""The command line: options to library calls, answers to standard output, errors to standard error.

The only room that knows click, and the only one that exits: 0 fine, 1 understood but the answer is no,
2 not understood.  What an answer holds and how it is drawn is decided elsewhere.  Each command is a module of
its own, which is loaded when the command is asked for.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from importlib import import_module
from typing import Any, cast

import click

from convshape import SpecError, __version__
from convshape.cli import words
from convshape.cli.options import first_sentence
from convshape.cli.refusals import in_our_words, told
from convshape.errors import did_you_mean, quoted
from convshape.layers import find

# The commands, in the order in which the documentation has them, and the module of each.
_MODULES = {
    "infer": "infer",
    "solve-padding": "solve_padding",
    "solve-input": "solve_input",
    "explain": "explain",
    "layers": "layers",
    "networks": "networks",
    "help": "help",
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
    """The program; the one place where errors become exits."""

    def main(self, *args: Any, **extra: Any) -> Any:
        if "_CONVSHAPE_COMPLETE" in os.environ:
            from convshape.cli import bash

            bash.install()
        return super().main(*args, **extra)

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        with in_our_words(ctx):
            return super().parse_args(ctx, args)

    def make_context(self, *args: Any, **extra: Any) -> click.Context:
        with told():
            return super().make_context(*args, **extra)

    def invoke(self, ctx: click.Context) -> Any:
        with told(ctx), in_our_words(ctx):
            return super().invoke(ctx)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """The command that the first argument names; click's own words for another differ by version."""
        typed = args[0]
        if typed not in self.commands and not ctx.resilient_parsing and not typed.startswith("-"):
            hint = did_you_mean(typed, list(self.commands), "'convshape --help' lists them")
            if _says_a_network(typed):
                hint = "the command comes first, as in: convshape infer SPEC"
            raise SpecError(f"there is no command {quoted(typed)}", hint=hint)
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The commands, each with the whole of its first sentence."""
        rows = [(name, first_sentence(self.commands[name])) for name in self.list_commands(ctx)]
        with formatter.section("Commands"):
            formatter.write_dl(rows)


def _says_a_network(word: str) -> bool:
    """Whether the word in a command's place is what a command takes."""
    first = word.split(None, 1)[:1]
    return not words.is_text(word) or bool(first and find(first[0]))


@click.group(
    cls=_Program,
    commands=cast("dict[str, click.Command]", _Commands()),  # click only reads it
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="Exit codes: 0 success, 1 understood but the answer is no, 2 not understood.  "
    "'convshape help' lists more help.",
)
@click.version_option(__version__, "-V", "--version", message="%(prog)s %(version)s")
def main() -> None:
    """Shapes and parameters of convolutional networks, from a line of text.

    \b
    convshape infer @lenet5
    convshape infer -i 1x32x32 "conv k=5 out=6; tanh; avgpool k=2"
    convshape solve-padding "conv k=5 p=? out=6"
    """
