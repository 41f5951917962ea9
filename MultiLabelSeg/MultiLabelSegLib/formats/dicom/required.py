"""pydicom, which only the extra ``dicom`` brings."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ...errors import CorruptFileError, MultiLabelSegError, UnsupportedFormatError


def load_pydicom(path: Path | None) -> Any:
    """The module pydicom. Raises UnsupportedFormatError, naming the extra to install, when it is missing."""
    try:
        import pydicom
    except ImportError:
        reason = "DICOM needs the package pydicom; install it with: pip install 'multilabelseg[dicom]'"
        raise UnsupportedFormatError(path, reason) from None
    return pydicom


@contextmanager
def understood(path: Path, what: str) -> Iterator[None]:
    """Turns what pydicom raises for damaged values, in their variety, into CorruptFileError; silences its warnings."""
    with silenced():
        try:
            yield
        except (MultiLabelSegError, MemoryError):
            raise
        except Exception as error:  # StopIteration and struct.error among them: pydicom promises nothing
            raise CorruptFileError(path, f"{what} cannot be understood ({error!s:.160})") from None


@contextmanager
def silenced() -> Iterator[None]:
    """Keeps back pydicom's warnings of values that the standard does not allow but that can be read."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield
