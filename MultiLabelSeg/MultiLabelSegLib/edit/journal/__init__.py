"""Autosave: a journal of changes on disk, and the recovery of documents after a crash."""

from .journal import Journal
from .recovery import Recoverable, find_recoverable, recover

__all__ = ["Journal", "Recoverable", "find_recoverable", "recover"]
