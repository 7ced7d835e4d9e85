"""The command `help`."""

from __future__ import annotations

import click

from convshape import SpecError
from convshape.cli import completion
from convshape.cli.options import Command, first_sentence
from convshape.cli.output import write
from convshape.cli.pages import PAGES
from convshape.errors import did_you_mean, quoted
from convshape.layers import find


@click.command("help", cls=Command)
@click.argument("topic", required=False, shell_complete=completion.topic)
@click.pass_context
def command(ctx: click.Context, topic: str | None) -> None:
    """Show help on the spec language, columns, formats, exit codes or a command.

    \b
    convshape help
    convshape help spec
    """
    program = ctx.find_root()
    commands = program.command.commands if isinstance(program.command, click.Group) else {}
    if topic is not None and topic in commands:
        write(click.Context(commands[topic], info_name=topic, parent=program).get_help() + "\n")
        return
    page = ctx.make_formatter()
    if topic is None:
        page.write_text("'convshape help TOPIC' shows one of these:")
        with page.section("Pages"):
            page.write_dl([(name, title) for name, (title, _) in PAGES.items()])
        with page.section("Commands"):
            page.write_dl([(name, first_sentence(each)) for name, each in commands.items()])
    elif topic in PAGES:
        PAGES[topic][1](page)
    else:
        hint = did_you_mean(topic, [*PAGES, *commands], "'convshape help' lists the topics")
        if find(topic):
            hint = f"'convshape layers {topic}' shows that kind of layer"
        raise SpecError(f"there is no help on {quoted(topic)}", hint=hint)
    write(page.getvalue())
