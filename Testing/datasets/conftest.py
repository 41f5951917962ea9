"""The command line is called as in its own tests."""

from __future__ import annotations

from Testing.cli.conftest import mlseg

__all__ = ["mlseg"]
