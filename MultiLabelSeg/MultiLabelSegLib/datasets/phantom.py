"""A made-up torso with organs and lesions that overlap them: a case to try things on where there is no other."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..core import Geometry, Group, Image, Label, Segmentation
from ..core.label import Color


@dataclass(frozen=True)
class _Body:
    """An ellipsoid: centre and half axes (x, y, z) in mm, its brightness in Hounsfield units."""

    name: str
    color: Color
    center: tuple[float, float, float]
    radii: tuple[float, float, float]
    hounsfield: int


_TORSO = _Body("Torso", (0.9, 0.75, 0.65), (0, 0, 0), (150, 100, 400), -20)
_ORGANS = (
    _Body("Right lung", (0.55, 0.75, 0.95), (-70, -5, 40), (48, 62, 85), -820),
    _Body("Left lung", (0.35, 0.6, 0.9), (70, -5, 40), (45, 60, 85), -830),
    _Body("Heart", (0.85, 0.2, 0.25), (12, -25, 20), (42, 38, 40), 45),
    _Body("Liver", (0.7, 0.35, 0.2), (-55, -10, -80), (75, 62, 45), 60),
    _Body("Spleen", (0.55, 0.25, 0.55), (85, 30, -75), (28, 32, 38), 50),
    _Body("Spine", (0.95, 0.9, 0.7), (0, 72, 0), (18, 20, 400), 420),
)
_LESIONS = (
    _Body("Lesion", (1.0, 0.85, 0.1), (-75, -25, -70), (14, 12, 10), 15),
    _Body("Lesion", (0.2, 0.85, 0.4), (-40, 15, -95), (9, 10, 9), 20),
    _Body("Lesion", (0.1, 0.8, 0.8), (62, 5, 75), (11, 11, 12), 30),
)
_AIR, _NOISE = -1000, 18.0


def phantom() -> tuple[Image, Segmentation]:
    """A CT of 160 x 112 x 100 voxels of 2 x 2 x 3 mm, and its organs and lesions in two groups; always the same."""
    geometry = Geometry.from_parts((100, 112, 160), (2.0, 2.0, 3.0), (-159.0, -111.0, -148.5))
    pixels = np.full(geometry.shape, _AIR, np.float32)
    pixels[_inside(geometry, _TORSO)] = _TORSO.hounsfield
    groups = [_drawn(geometry, pixels, _ORGANS, 1, "Organs"), _drawn(geometry, pixels, _LESIONS, 7, "Lesions")]
    pixels += np.random.default_rng(7).normal(0, _NOISE, geometry.shape)
    return Image(np.rint(pixels).astype(np.int16)[np.newaxis], geometry), Segmentation(geometry, groups)


def _drawn(geometry: Geometry, pixels: NDArray[np.float32], bodies: tuple[_Body, ...], first: int, name: str) -> Group:
    values = np.zeros(geometry.full_shape, np.uint8)
    labels = []
    for value, body in enumerate(bodies, first):
        inside = _inside(geometry, body)
        pixels[inside] = body.hounsfield
        values[0][inside] = value
        labels.append(Label(value, body.name, body.color))
    return Group(values, labels, name)


def _inside(geometry: Geometry, body: _Body) -> NDArray[np.bool_]:
    axes = [
        (geometry.origin[axis] + geometry.spacing[axis] * np.arange(geometry.size[axis]) - body.center[axis])
        / body.radii[axis]
        for axis in range(3)
    ]
    x, y, z = axes
    inside: NDArray[np.bool_] = (
        x[np.newaxis, np.newaxis, :] ** 2 + y[np.newaxis, :, np.newaxis] ** 2 + z[:, np.newaxis, np.newaxis] ** 2 <= 1
    )
    return inside
