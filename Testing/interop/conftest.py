"""The real programs as fixtures."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.util import find_spec

import pytest

from Testing.interop.mitk_client import MitkClient


@pytest.fixture(scope="session")
def mitk() -> Iterator[MitkClient]:
    """The real MITK, one process for all tests of this worker."""
    if find_spec("mitk") is None:
        pytest.skip("mitk-python is not installed (wheels exist for Python 3.12 only)")
    with MitkClient() as client:
        yield client
