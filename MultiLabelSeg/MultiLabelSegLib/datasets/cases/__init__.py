"""Cases of a data set: images with a segmentation, whatever the folders and lists that they are kept in."""

from __future__ import annotations

from .case import Case, CaseSet, Split, case_problem, channels_of

__all__ = ["Case", "CaseSet", "Split", "case_problem", "channels_of"]
