"""What is wrong in a set of cases: each is measured once, then the cases are held against each other and a schema."""

from .examined import ExaminedSet, examine
from .facts import CaseFacts, LabelFacts
from .findings import Finding
from .mapping import ProposedMap, proposed_map

__all__ = ["CaseFacts", "ExaminedSet", "Finding", "LabelFacts", "ProposedMap", "examine", "proposed_map"]
