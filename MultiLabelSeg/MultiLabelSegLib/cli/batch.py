"""Do one command for many cases: several at a time, each by itself, so that one broken case stops no other.

  mlseg batch 'in/*.nii.gz' -o 'out/{stem}.nrrd' -j 4 --report report.html
  mlseg batch jobs.csv --resume
  mlseg batch 'ct/*.nii.gz' -o 'out/{case}.nrrd' --recipe otsu.json
  mlseg batch 'masks/{case}/{label}.nii.gz' -o 'out/{case}/{label}.nrrd' --overlap priority

A table (CSV or JSON) has the columns input, output and any option of the command; every option of the command given
here counts for all cases. The command is convert unless --command, --recipe or a column `command` says another.
In templates, {stem} is the input's name without its ending, {case} and {label} what they matched in the pattern.
Exit codes: 0 all done, 1 a case failed, 2 wrong usage, 130 stopped and resumable.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from ..errors import OptionError
from .console import Console
from .job_options import add_job_options


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of ``mlseg batch``; those of the command come beside them."""
    files = parser.add_argument_group("cases (and any option of the command)")
    files.add_argument("inputs", nargs="*", metavar="JOBS.csv|JOBS.json|INPUT", help="a table, or inputs and patterns")
    files.add_argument("-o", "--output", metavar="TEMPLATE", help="the output of a case, with {stem}, {case}, {label}")
    files.add_argument("--command", default="convert", metavar="COMMAND", help="what to do with each case (convert)")
    files.add_argument("--recipe", type=Path, metavar="FILE", help="run this recipe: --command run for all cases")
    files.add_argument("--input-as", metavar="OPTION", default="", help="which option the inputs go to (segmentation)")
    add_job_options(parser)


def parse(parser: argparse.ArgumentParser, arguments: Sequence[str]) -> argparse.Namespace:
    """Batch's own options, and in ``common`` those of the command. Raises OptionError."""
    if {"-h", "--help"} & set(arguments):
        return parser.parse_args(["--help"])
    # what follows takes longer to load than help may take
    from .batch_commands import spec_of
    from .batch_words import told_apart, value_of

    recipe = value_of(arguments, "--recipe")
    command = "run" if recipe else value_of(arguments, "--command") or "convert"
    spec = spec_of(command, value_of(arguments, "--input-as"))
    words = told_apart(arguments, parser, spec)
    parsed = parser.parse_args(words.own)
    if recipe and value_of(arguments, "--command") not in ("", "run"):
        raise OptionError("recipe", recipe, "no --command beside it: a recipe is run by the command run")
    parsed.command, parsed.common, parsed.inputs = command, words.common, words.inputs
    if recipe:
        parsed.common["recipe"] = recipe
    if parsed.output is not None:
        parsed.common["output"] = parsed.output
    return parsed


def run(arguments: argparse.Namespace, console: Console) -> int:
    """Does all cases and reports; see the exit codes above."""
    from .batch_work import do_batch

    return do_batch(arguments, console)
