"""Compile the fast kernels for this machine once; until then the slower numpy paths are used."""

from __future__ import annotations

import argparse

from ..compiled import warm
from ..errors import ExternalToolError
from .console import Console


def run(arguments: argparse.Namespace, console: Console) -> int:  # noqa: ARG001 - every command's signature
    """Compiles all kernels into numba's cache."""
    try:
        names = warm()
    except ImportError as error:
        raise ExternalToolError("numba", 1, [str(error)]) from None
    console.say(f"compiled {len(names)} modules of kernels")
    return 0
