"""``python -m convshape``: the same as the command."""

from convshape.cli import main

main(prog_name="convshape")
