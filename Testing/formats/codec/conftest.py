"""Both engines of the run coder."""

from __future__ import annotations

import pytest


@pytest.fixture(params=["compiled", "plain"])
def engine(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """The test runs with compiled kernels and without; the results must be equal."""
    if request.param == "compiled":
        pytest.importorskip("numba")
    monkeypatch.setenv("MLSEG_KERNELS", "always" if request.param == "compiled" else "never")
    return str(request.param)


@pytest.fixture
def compiled(monkeypatch: pytest.MonkeyPatch) -> None:
    """The test runs with compiled kernels only."""
    pytest.importorskip("numba")
    monkeypatch.setenv("MLSEG_KERNELS", "always")
