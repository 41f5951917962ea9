"""The layouts of data sets by name, for command lines, whose start must not load what reads and writes them."""

from __future__ import annotations

#: in the order in which they are asked whether a folder is theirs
LAYOUTS = ("tasklist", "totalsegmentator", "bids", "nnunet", "monai")
