"""Completion in bash, where ``@``, ``=`` and ``:`` part words that are one to the program.

click's own script hands over the words as bash parts them, so ``@le`` would be completed as ``le`` behind an
argument ``@``.  This one hands over the line, and tells how much of the last word bash will replace.
"""

from __future__ import annotations

import os

from click.shell_completion import BashComplete, CompletionItem, add_completion_class, split_arg_string

_SOURCE = r"""
%(complete_func)s() {
    local type value
    COMPREPLY=()
    while IFS=, read -r type value; do
        if [[ $type == file ]]; then
            compopt -o default
        elif [[ $type == dir ]]; then
            compopt -o dirnames
        elif [[ $type == plain ]]; then
            COMPREPLY+=("$value")
            [[ $value == *= ]] && compopt -o nospace
        fi
    done < <(env COMP_WORDS="${COMP_LINE:0:$COMP_POINT}" COMP_REPLACED="$2" \
        %(complete_var)s=bash_complete "$1")
}

complete -o nosort -F %(complete_func)s %(prog_name)s
"""


class _Bash(BashComplete):
    """The line up to the cursor is what is completed; of an answer bash gets what it does not have yet."""

    source_template = _SOURCE

    def get_completion_args(self) -> tuple[list[str], str]:
        line = os.environ["COMP_WORDS"]
        words = split_arg_string(line)
        if len(split_arg_string(f"{line}x")) > len(words):
            words.append("")  # behind white space that no quote holds a new word begins
        return words[1:-1], words[-1]

    def get_completions(self, args: list[str], incomplete: str) -> list[CompletionItem]:
        replaced = os.environ["COMP_REPLACED"]
        kept = incomplete.removesuffix(replaced) if incomplete.endswith(replaced) else ""
        found = super().get_completions(args, incomplete)
        for item in found:
            item.value = item.value.removeprefix(kept)
        return found


def install() -> None:
    """Put this script in the place of click's."""
    add_completion_class(_Bash)
