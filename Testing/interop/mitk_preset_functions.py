"""MITK's own functions for presets, which its Python package does not offer, called in its C++ library.

Only for the child process: a wrong call ends it. The names are those that GCC gives to the functions
``mitk::MultiLabelIOHelper::Load/SaveMultiLabelSegmentationPreset(const std::string&, MultiLabelSegmentation*)``.
"""

from __future__ import annotations

import ctypes
from pathlib import Path
from typing import Any

import mitk

_TEXT = "RKNSt7__cxx1112basic_stringIcSt11char_traitsIcESaIcEEE"
_LOAD = f"_ZN4mitk18MultiLabelIOHelper32LoadMultiLabelSegmentationPresetE{_TEXT}PNS_22MultiLabelSegmentationE"
_SAVE = f"_ZN4mitk18MultiLabelIOHelper32SaveMultiLabelSegmentationPresetE{_TEXT}PKNS_22MultiLabelSegmentationE"


class _Text(ctypes.Structure):
    """A ``std::string`` of libstdc++ that somebody else owns."""

    _fields_ = (("data", ctypes.c_void_p), ("size", ctypes.c_size_t), ("room", ctypes.c_char * 16))


def call(symbol: str, path: str, segmentation: Any) -> None:
    """Calls one of the two functions. Raises RuntimeError where MITK answers that it did not work."""
    library = next((Path(mitk.__file__).parents[1] / "mitk_python.libs").glob("libMitkMultilabel*.so*"))
    function = ctypes.CDLL(str(library))[symbol]
    function.restype = ctypes.c_bool
    held = ctypes.create_string_buffer(path.encode())
    text = _Text(ctypes.addressof(held), len(held) - 1)
    # pybind11 keeps the pointer of the C++ object right behind the head of the Python object
    pointer = ctypes.c_void_p.from_address(id(segmentation) + object.__basicsize__)
    if not function(ctypes.byref(text), pointer):
        raise RuntimeError(f"MITK refuses the preset {path}")


def load_preset(path: str, segmentation: Any) -> None:
    """Applies a preset to a segmentation. Raises RuntimeError."""
    call(_LOAD, path, segmentation)


def save_preset(path: str, segmentation: Any) -> None:
    """Saves the preset of a segmentation. Raises RuntimeError."""
    call(_SAVE, path, segmentation)
