"""How the program ends when it refuses: every error told in one style, with its exit code."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import click

from convshape import ConvshapeError, NoSolution
from convshape.cli import sources
from convshape.errors import nearest, quoted

EXIT_CODES = {
    0: ("success", ""),
    1: (
        "understood, but the answer is no",
        "`--expect` or `--check` finds a difference, no padding or no input size works",
    ),
    2: (
        "not understood",
        "a wrong option, an error in the spec, a layer that refuses its input, a missing file, "
        "`--check` without torch",
    ),
}
"""What the program ends with, what that means, and examples; the pages and the help are made from it."""

# What shells say of a command that Ctrl-C has ended: 128 and the number of the signal.
_INTERRUPTED = 130


class _NotUnderstood(click.ClickException):
    """An error on its way out, as click carries it."""

    exit_code = 2

    def __init__(self, error: ConvshapeError) -> None:
        super().__init__(str(error) if error.span else f"convshape: {error}")

    def show(self, file: Any = None) -> None:
        click.echo(self.message, file=file, err=True)


class _No(_NotUnderstood):
    """The question was understood."""

    exit_code = 1


@contextmanager
def told(ctx: click.Context | None = None) -> Iterator[None]:
    """Make our errors and Ctrl-C the end of the program."""
    try:
        yield
    except KeyboardInterrupt:
        click.echo("", err=True)
        raise click.exceptions.Exit(_INTERRUPTED) from None
    except ConvshapeError as error:
        if ctx is not None:
            sources.explain(error, ctx)
        raise (_No if isinstance(error, NoSolution) else _NotUnderstood)(error) from None


@contextmanager
def in_our_words(ctx: click.Context) -> Iterator[None]:
    """Tell what click refuses of a command's arguments as everything else is told that is refused."""
    try:
        yield
    except click.UsageError as error:
        if _is_help(error):
            raise
        raise _retold(error, ctx) from None


def _is_help(error: click.UsageError) -> bool:
    """Whether an error is the help that a program without arguments shows; older versions have none."""
    kind = getattr(click.exceptions, "NoArgsIsHelpError", None)
    return kind is not None and isinstance(error, kind)


def _retold(error: click.UsageError, ctx: click.Context) -> ConvshapeError:
    """An error of click as one of ours."""
    help_ = f"'{ctx.command_path} --help' shows what it takes"
    options = [param for param in ctx.command.get_params(ctx) if isinstance(param, click.Option)]
    if isinstance(error, click.NoSuchOption):
        typed = error.option_name
        hint = _behind_a_command(ctx, typed) or _nearest_option(typed, options) or help_
        return ConvshapeError(f"there is no option {quoted(typed)}", hint=hint)
    if isinstance(error, click.BadOptionUsage):
        name = error.option_name
        option = next((each for each in options if name in each.opts), None)
        if option is not None and option.is_flag:
            return ConvshapeError(f"{name} takes no value", hint=f"write {name} alone")
        if option is not None:
            value = option.metavar or "|".join(getattr(option.type, "choices", ()))
            return ConvshapeError(f"{name} needs a value", hint=f"write {name} {value}")
    message = error.format_message().rstrip(".")
    return ConvshapeError(message[:1].lower() + message[1:], hint=help_)


def _nearest_option(typed: str, options: list[click.Option]) -> str | None:
    """The hint with the option that is meant; of one letter none is a slip of another."""
    names = {name.lstrip("-"): name for option in options for name in option.opts if name.startswith("--")}
    match = nearest(typed.lstrip("-"), list(names)) if typed.startswith("--") else None
    return None if match is None else f"did you mean '{names[match]}'?"


def _behind_a_command(ctx: click.Context, typed: str) -> str | None:
    """The hint for an option that stands before the command that has it."""
    if not isinstance(ctx.command, click.Group):
        return None
    for name, command in ctx.command.commands.items():
        if any(typed in param.opts for param in command.params):
            return f"options go after the command, as in: convshape {name} {typed}"
    return None
