"""Two sets of segmentations held against each other, case by case and label by label."""

from .measuring import CaseComparison, LabelMetrics, compared
from .pairing import Pair, paired_cases
from .summary import LabelSummary, metrics_csv, metrics_json, summaries

__all__ = [
    "CaseComparison",
    "LabelMetrics",
    "LabelSummary",
    "Pair",
    "compared",
    "metrics_csv",
    "metrics_json",
    "paired_cases",
    "summaries",
]
