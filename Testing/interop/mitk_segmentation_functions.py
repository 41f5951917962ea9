"""MITK's own interpolation of slices and morphology, which its Python package does not offer, by its C++ library.

Always a process of its own: a wrong call ends it. Names are those that GCC gives, places those of mitk-python 2026.6.
"""

from __future__ import annotations

import ctypes
import os
import sys
from functools import lru_cache
from pathlib import Path
from typing import Any

import mitk
import numpy as np
from numpy.typing import NDArray

_IMAGE = "N3itk12SmartPointerINS_5ImageEEE"
_CONST = "N3itk12SmartPointerIKNS_5ImageEEE"
_INTERPOLATE = f"_ZN4mitk32ShapeBasedInterpolationAlgorithm11InterpolateE{_CONST}jS5_jjjNS2_IS3_EEjS5_"
_MORPHOLOGY = {
    name: f"_ZN4mitk23MorphologicalOperations{len(name)}{name}ER{_IMAGE}iNS0_21StructuralElementTypeE"
    for name in ("Dilate", "Erode", "Opening", "Closing")
}
_FILL_HOLES = f"_ZN4mitk23MorphologicalOperations9FillHolesER{_IMAGE}"
_ELEMENTS = {"ball": 7, "cross": 56}
#: where an interpolation keeps the tree of its distance images, and how large it is at most
_TREE, _OBJECT = 0x50, 0x200


@lru_cache(maxsize=1)
def _library() -> ctypes.CDLL:
    folder = Path(mitk.__file__).parents[1] / "mitk_python.libs"
    return ctypes.CDLL(str(next(folder.glob("libMitkSegmentation*.so*"))))


def _pointer(image: Any) -> int:
    """Where pybind11 keeps the pointer of the C++ object; the smart pointer that owns it lies right behind."""
    return id(image) + object.__basicsize__


def _smart(image: Any) -> int:
    found = ctypes.c_void_p.from_address(_pointer(image)).value
    if ctypes.c_void_p.from_address(_pointer(image) + 8).value != found:
        raise RuntimeError("MITK's Python objects are laid out in another way")
    return _pointer(image) + 8


def interpolated(lower: NDArray[Any], upper: NDArray[Any], places: tuple[int, int, int]) -> NDArray[Any]:
    """What MITK interpolates between two binary slices (rows, columns).

    ``places`` are the indices of the lower, the wanted and the upper slice.
    """
    below, wanted, above = places
    images = [mitk.Image(np.ascontiguousarray(array, np.uint16)) for array in (lower, upper)]
    result = mitk.Image(np.zeros(lower.shape, np.uint16))
    work = ctypes.create_string_buffer(_OBJECT)
    tree = ctypes.addressof(work) + _TREE
    ctypes.c_void_p.from_address(tree + 16).value = tree  # an empty std::map: leftmost and rightmost are its head
    ctypes.c_void_p.from_address(tree + 24).value = tree
    answer = ctypes.c_void_p()
    function = _library()[_INTERPOLATE]
    function.restype = None
    address, number = ctypes.c_void_p, ctypes.c_uint
    function(
        ctypes.byref(answer),
        ctypes.byref(work),
        address(_smart(images[0])),
        number(below),
        address(_smart(images[1])),
        number(above),
        number(wanted),
        number(2),
        address(_smart(result)),
        number(0),
        address(_smart(images[0])),
    )
    return np.array(result.as_numpy()).reshape(lower.shape)


def reshaped(operation: str, mask: NDArray[Any], radius: int = 1, element: str = "ball") -> NDArray[Any]:
    """A mask (k, j, i) after MITK's Dilate, Erode, Opening, Closing or FillHoles."""
    image = mitk.Image(np.ascontiguousarray(mask, np.uint16))
    owner = ctypes.c_void_p(_smart(image))
    if operation == "FillHoles":
        _library()[_FILL_HOLES](owner)
    else:
        _library()[_MORPHOLOGY[operation]](owner, ctypes.c_int(radius), ctypes.c_int(_ELEMENTS[element]))
    # MITK has put another image into the smart pointer
    ctypes.c_void_p.from_address(_pointer(image)).value = ctypes.c_void_p.from_address(_pointer(image) + 8).value
    return np.array(image.as_numpy()).reshape(mask.shape)


def main(requests: Path, answers: Path) -> None:
    """Does what a file of requests asks for: arrays ``lower_N``, ``upper_N``, ``places_N`` and ``mask_N``, with
    ``operation_N``, ``radius_N`` and ``element_N``. The answers are ``found_N``."""
    found = {}
    with np.load(requests) as asked:
        for number in range(int(asked["count"])):
            if f"mask_{number}" in asked:
                how = str(asked[f"operation_{number}"]), int(asked[f"radius_{number}"]), str(asked[f"element_{number}"])
                made = reshaped(how[0], asked[f"mask_{number}"], *how[1:])
            else:
                below, wanted, above = (int(place) for place in asked[f"places_{number}"])
                made = interpolated(asked[f"lower_{number}"], asked[f"upper_{number}"], (below, wanted, above))
            found[f"found_{number}"] = made
    np.savez(answers, **found)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
    os._exit(0)  # MITK may crash when a process ends
