"""2D interpolation and morphology against the real MITK, whose own C++ functions are called."""

from __future__ import annotations

import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy import ndimage

from MultiLabelSegLib.ops.interpolation import interpolate
from MultiLabelSegLib.ops.morphology import Element, closed, dilate, erode, filled, opened

pytestmark = pytest.mark.mitk
SCRIPT = Path(__file__).with_name("mitk_segmentation_functions.py")
OURS = {"Dilate": dilate, "Erode": erode, "Opening": opened, "Closing": closed}


def asked_of_mitk(folder: Path, requests: list[dict[str, Any]]) -> list[np.ndarray]:
    """MITK's answers, all from one process."""
    if find_spec("mitk") is None:
        pytest.skip("mitk-python is not installed (wheels exist for Python 3.12 only)")
    asked = {f"{key}_{n}": value for n, request in enumerate(requests) for key, value in request.items()}
    np.savez(folder / "asked.npz", count=len(requests), **asked)
    command = [sys.executable, str(SCRIPT), str(folder / "asked.npz"), str(folder / "found.npz")]
    child = subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)
    assert (folder / "found.npz").is_file(), f"MITK ended with {child.returncode}: {child.stderr[-500:]}"
    with np.load(folder / "found.npz") as found:
        return [found[f"found_{n}"] for n in range(len(requests))]


def between(lower: np.ndarray, upper: np.ndarray, places: tuple[int, int, int]) -> np.ndarray:
    """Our slice between two."""
    below, wanted, above = places
    stack = np.zeros((above - below + 1, *lower.shape), np.uint8)
    stack[0], stack[-1] = lower, upper
    return interpolate(stack, [1])[wanted - below] > 0


def a_blob(rng: np.random.Generator, at: tuple[float, float]) -> np.ndarray:
    """A rough disk (40, 44) without holes."""
    rows, columns = np.ogrid[:40, :44]
    rough = ndimage.gaussian_filter(rng.normal(size=(40, 44)), 3) * 25
    mask = np.hypot(rows - at[0], columns - at[1]) + rough < rng.uniform(7, 12)
    parts, count = ndimage.label(mask)
    sizes = ndimage.sum(mask, parts, range(1, count + 1))
    return np.asarray(ndimage.binary_fill_holes(parts == 1 + int(np.argmax(sizes))))


def test_the_case_of_mitks_own_test_is_the_same_block_of_four_pixels(tmp_path: Path) -> None:
    lower, upper = np.zeros((2, 16, 16), np.uint8)
    lower[6:9, 6:9] = 1
    upper[8, 8] = 1
    (found,) = asked_of_mitk(tmp_path, [{"lower": lower, "upper": upper, "places": (4, 5, 6)}])
    np.testing.assert_array_equal(found > 0, between(lower, upper, (4, 5, 6)))
    assert np.argwhere(found).tolist() == [[7, 7], [7, 8], [8, 7], [8, 8]]


def test_slices_between_overlapping_shapes_are_those_of_mitk(tmp_path: Path) -> None:
    rng = np.random.default_rng(5)
    requests = []
    for _ in range(60):
        centre = rng.uniform(17, 23, 2)
        shapes = [a_blob(rng, tuple(centre + rng.uniform(-2, 2, 2))) for _ in range(2)]
        above = int(rng.integers(2, 9))
        places = 0, int(rng.integers(1, above)), above
        requests.append({"lower": shapes[0], "upper": shapes[1], "places": places})
    found = asked_of_mitk(tmp_path, requests)
    dices, exact = [], 0
    for request, theirs in zip(requests, found, strict=True):
        ours = between(request["lower"], request["upper"], request["places"])
        exact += int(np.array_equal(ours, theirs > 0))
        dices.append(2 * np.count_nonzero(ours & (theirs > 0)) / (np.count_nonzero(ours) + np.count_nonzero(theirs)))
    assert exact >= 1
    assert min(dices) > 0.96  # MITK measures distances by chamfers, ours are exact
    assert np.mean(dices) > 0.985


def test_morphology_is_that_of_mitk(tmp_path: Path) -> None:
    rng = np.random.default_rng(6)
    requests = []
    for number in range(40):
        operation = ("Dilate", "Erode", "Opening", "Closing", "FillHoles")[number % 5]
        mask = ndimage.gaussian_filter(rng.normal(size=(12, 14, 16)), 1.2) > rng.uniform(-0.1, 0.1)
        element = ("ball", "cross")[number // 5 % 2]
        requests.append({"mask": mask, "operation": operation, "radius": 1 + number % 3, "element": element})
    for request, theirs in zip(requests, asked_of_mitk(tmp_path, requests), strict=True):
        if request["operation"] == "FillHoles":
            ours = filled(request["mask"])
        else:
            element = Element(request["radius"], None, request["element"])
            ours = OURS[request["operation"]](request["mask"], element)
        np.testing.assert_array_equal(theirs > 0, ours, err_msg=str({k: v for k, v in request.items() if k != "mask"}))
