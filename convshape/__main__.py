"""The process of the command line: ``convshape``, and ``python -m convshape``."""

import gc
import io
import sys


def run() -> None:
    """Run the command line in this process, and end it.

    A command keeps what it makes until it ends, and what it drops holds no cycles: there is no garbage worth
    collecting, and looking for it takes a twentieth of the time of a short command, and a fifth of that of a
    long network.
    """
    gc.disable()
    if isinstance(sys.stdout, io.TextIOWrapper):
        # A name may be of a script that the terminal's encoding has not: then its code is shown.
        sys.stdout.reconfigure(errors="backslashreplace")
    from convshape.cli import main

    main(prog_name="convshape")


if __name__ == "__main__":
    run()
