"""TotalSegmentator 2: its tasks and classes read from the installed package, its program run, its results proposed."""

from .package import TaskInfo, TotalSegmentatorPackage, read_package
from .predicting import SPEEDS, TotalOptions, TotalSegmentatorPredictor, predictor_of

__all__ = [
    "SPEEDS",
    "TaskInfo",
    "TotalOptions",
    "TotalSegmentatorPackage",
    "TotalSegmentatorPredictor",
    "predictor_of",
    "read_package",
]
