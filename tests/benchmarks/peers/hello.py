"""Hello world with click: the least that a command of click costs."""

import click


@click.command()
@click.option("--name", required=True, help="Who is greeted.")
def hello(name: str) -> None:
    """Greet somebody."""
    click.echo(f"Hello {name}!")


if __name__ == "__main__":
    hello()
