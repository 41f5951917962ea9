"""The options that say how many cases are done, which all commands that work on sets have in common."""

from __future__ import annotations

import argparse
from pathlib import Path


def add_job_options(parser: argparse.ArgumentParser) -> None:
    """Processes, resuming, bounds and reports of a command that writes something for each case."""
    how = parser.add_argument_group("how to do them")
    add_bounds(how)
    how.add_argument("--resume", action="store_true", help="skip what is done and unchanged, by content")
    how.add_argument("--journal", type=Path, metavar="FILE", help="where results are kept (in the outputs' folder)")
    how.add_argument("--dry-run", action="store_true", help="show what would be done, write nothing")
    how.add_argument("--report", type=Path, action="append", default=[], metavar="FILE", help=".json, .csv or .html")
    add_cluster_options(parser)


def add_bounds(group: argparse._ArgumentGroup) -> None:
    """How many cases at a time, and what each may take."""
    group.add_argument("-j", "--jobs", type=int, metavar="N", help="cases at a time (one for each processor core)")
    group.add_argument("--timeout", type=float, metavar="SECONDS", help="end a case that takes longer")
    group.add_argument("--memory", metavar="SIZE", help="for all cases at work together, such as 8G")


def add_cluster_options(parser: argparse.ArgumentParser) -> None:
    """Where the cases run, when that is not this machine."""
    cluster = parser.add_argument_group("on a cluster (dask.distributed)")
    cluster.add_argument("--scheduler", metavar="ADDRESS", help="of one that runs, such as tcp://host:8786")
    cluster.add_argument(
        "--cluster", metavar="KIND", help="start one: local, slurm, pbs, sge, lsf, htcondor, oar, moab"
    )
    cluster.add_argument("--workers", type=int, metavar="N", help="workers of --cluster (-j)")
    cluster.add_argument(
        "--cluster-option", action="append", default=[], metavar="NAME=VALUE", help="for the cluster, such as queue=gpu"
    )
    cluster.add_argument("--retries", type=int, default=2, metavar="N", help="for cases whose worker was lost (2)")
