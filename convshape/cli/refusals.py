"""How the program ends when it refuses: our errors as click carries them, with their exit codes."""

from __future__ import annotations

from typing import Any

import click

from convshape import ConvshapeError


class NotUnderstood(click.ClickException):
    """One of our errors on its way out."""

    exit_code = 2

    def __init__(self, error: ConvshapeError) -> None:
        super().__init__(str(error) if error.span else f"convshape: {error}")

    def show(self, file: Any = None) -> None:
        click.echo(self.message, file=file, err=True)


class No(NotUnderstood):
    """The question was understood."""

    exit_code = 1
