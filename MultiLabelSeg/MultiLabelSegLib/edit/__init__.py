"""The only ways to change a segmentation: proposals, the rule of locks, commands and their history."""

from .changes import Change, Command, GroupChange, LabelChange, OrderChange, PropertyChange
from .geometry_change import GeometryChange
from .history import History
from .patch import VoxelPatch
from .policy import Resolution, resolve, resolve_stages
from .proposal import MergeStyle, OverwriteStyle, Proposal
from .transfer import transfer_labels

__all__ = [
    "Change",
    "Command",
    "GeometryChange",
    "GroupChange",
    "History",
    "LabelChange",
    "MergeStyle",
    "OrderChange",
    "OverwriteStyle",
    "PropertyChange",
    "Proposal",
    "Resolution",
    "VoxelPatch",
    "resolve",
    "resolve_stages",
    "transfer_labels",
]
