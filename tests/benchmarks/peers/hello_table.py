"""Hello world with click and a rich table as long as that of LeNet-5."""

import click
from rich.console import Console
from rich.table import Table

ROWS = 14


@click.command()
@click.option("--name", required=True, help="Who is greeted.")
def hello(name: str) -> None:
    """Greet somebody, row by row."""
    table = Table("#", "greeting", "to", "letters", "total")
    for number in range(ROWS):
        table.add_row(str(number), "Hello", name, str(len(name)), str(number * len(name)))
    Console().print(table)


if __name__ == "__main__":
    hello()
