"""What the parts of ``mlseg dataset`` have in common on the command line."""

from __future__ import annotations

import argparse
from pathlib import Path

from .job_options import add_cluster_options


def add_job_arguments(parser: argparse.ArgumentParser) -> None:
    """The options that say how cases are done."""
    how = parser.add_argument_group("how to do the cases")
    how.add_argument("-j", "--jobs", type=int, default=1, metavar="N", help="cases at a time, in processes (1)")
    how.add_argument("--timeout", type=float, metavar="SECONDS", help="end a case that takes longer")
    how.add_argument("--memory", metavar="SIZE", help="for all cases at work together, such as 8G")
    how.add_argument("--resume", action="store_true", help="go on: skip cases that are done and unchanged, by content")
    how.add_argument("--overwrite", action="store_true", help="replace what an earlier export or import wrote here")
    how.add_argument("--dry-run", action="store_true", help="read the cases, say what would be done, write nothing")
    how.add_argument("--report", type=Path, action="append", default=[], metavar="FILE", help=".json, .csv or .html")
    add_cluster_options(parser)
