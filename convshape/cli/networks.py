"""The command `networks`."""

from __future__ import annotations

import click

from convshape import infer
from convshape.cli.options import (
    Command,
    list_output_options,
)
from convshape.cli.output import show
from convshape.networks import NAMES, text, title


@click.command("networks", cls=Command)
@list_output_options
def command(format_name: str, color: str) -> None:
    """List the networks that ship with convshape, with their figures.

    \b
    convshape networks
    convshape infer @lenet5
    """
    from convshape.formats.networks import Networks

    answer = Networks({f"@{name}": (title(name), infer(text(name))) for name in NAMES})
    show(answer, format_name, color)
