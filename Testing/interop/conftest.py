"""The real programs as fixtures."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.util import find_spec

import pytest

from Testing.conftest import supervisely_python
from Testing.interop.mitk_client import MitkClient
from Testing.interop.sly_client import SlyClient


@pytest.fixture(scope="session")
def mitk() -> Iterator[MitkClient]:
    """The real MITK, one process for all tests of this worker."""
    if find_spec("mitk") is None:
        pytest.skip("mitk-python is not installed (wheels exist for Python 3.12 only)")
    with MitkClient() as client:
        yield client


@pytest.fixture(scope="session")
def sly() -> Iterator[SlyClient]:
    """The real Supervisely SDK, one process for all tests of this worker."""
    python = supervisely_python()
    if python is None:
        pytest.skip("the Supervisely SDK is not installed")
    with SlyClient(str(python)) as client:
        yield client
