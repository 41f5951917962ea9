"""The options of every writer, beside those of its format."""

from __future__ import annotations

from ..field_making import choice_field

OVERLAP = choice_field(
    "overlap",
    "Overlapping groups",
    "error",
    (
        ("error", "refuse, naming the labels that overlap"),
        ("split-files", "write a file for each group"),
        ("priority", "earlier groups cover later ones"),
        ("combine", "give each combination a value of its own"),
    ),
)
SIDECAR = choice_field(
    "sidecar",
    "Write a side file",
    "auto",
    (
        ("auto", "when something does not fit"),
        ("always", "always"),
        ("never", "never; refuse what does not fit"),
    ),
    help="A file beside the written one that keeps what this has no place for.",
)
#: their names
COMMON = (OVERLAP.name, SIDECAR.name)
