"""MITK's stack: a ``.mitklabel.json`` that says which images hold which labels."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from .base import EVERYTHING, Format
from .stack_reader import read_stack
from .stack_verify import verify_stack
from .stack_writer import JSON_SUFFIX, StackWriteOptions, write_stack


def matches(path: Path, _head: bytes) -> bool:
    """Whether a file is a stack, by its name alone as in MITK; the reader says what is wrong with one that is not."""
    return path.name.lower().endswith(JSON_SUFFIX)


FORMAT = Format(
    id="mitk-stack",
    title="MITK Multilabel Segmentation Stack",
    suffixes=(JSON_SUFFIX,),
    capabilities=replace(EVERYTHING, undeclared=False),
    matches=matches,
    reader=read_stack,
    writer=write_stack,
    verifier=verify_stack,
    write_options=StackWriteOptions,
    reader_names=("MITK Multilabel Segmentation Stack", "MITK ML Segmentation NIFTI Stack"),
)
