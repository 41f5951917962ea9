"""What highdicom and dcmqi find in a DICOM segmentation: the world points of each segment's voxels."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import SimpleITK as sitk
from numpy.typing import NDArray

from MultiLabelSegLib.core import Segmentation

Points = NDArray[np.float64]


def dcmqi_program(name: str) -> Path:
    """A program of dcmqi, beside this Python."""
    return Path(sys.executable).with_name(name)


def sorted_points(points: Points) -> Points:
    """Points (n, 3) in mm, rounded to a thousandth, in an order of their own."""
    rounded = np.round(np.asarray(points, np.float64).reshape(-1, 3), 3) + 0.0
    return rounded[np.lexsort(rounded.T)]


def our_points(segmentation: Segmentation) -> dict[str, Points]:
    """World points of each label's voxels by its name; labels without voxels are left out."""
    found = {}
    for group in segmentation.groups:
        for label in group.labels:
            indices = np.argwhere(group.array[0] == label.value)[:, ::-1]
            if len(indices):
                found[label.name] = sorted_points(segmentation.geometry.lps_from_ijk(indices))
    return found


def highdicom_points(path: Path) -> dict[str, Points]:
    """The same as highdicom reads it, segment by segment."""
    import highdicom as hd

    read = hd.seg.segread(path)
    found = {}
    for number in read.segment_numbers:
        if number == 0:
            continue
        volume = read.get_volume(segment_numbers=[number], combine_segments=True)
        indices = np.argwhere(np.asarray(volume.array) > 0)
        points = indices @ volume.affine[:3, :3].T + volume.affine[:3, 3]
        if len(points):
            found[str(read.get_segment_description(number).segment_label)] = sorted_points(points)
    return found


def dcmqi_points(path: Path, folder: Path) -> dict[int, Points]:
    """The same as dcmqi reads it, by segment number."""
    folder.mkdir()
    command = [dcmqi_program("segimage2itkimage"), "--inputDICOM", path, "--outputDirectory", folder]
    done = subprocess.run([*command, "--outputType", "nrrd"], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stdout[-600:] + done.stderr[-600:]
    found: dict[int, list[Points]] = {}
    for file in sorted(folder.glob("*.nrrd")):
        image = sitk.ReadImage(str(file))
        array = sitk.GetArrayFromImage(image)
        matrix = np.array(image.GetDirection()).reshape(3, 3) * image.GetSpacing()
        for value in np.unique(array[array > 0]):
            indices = np.argwhere(array == value)[:, ::-1]
            found.setdefault(int(value), []).append(indices @ matrix.T + image.GetOrigin())
    return {number: sorted_points(np.concatenate(points)) for number, points in found.items()}


def differences(mine: dict[str, Points], theirs: dict[str, Points]) -> list[str]:
    """What keeps two sides from having the same names with the same voxels within a hundredth of a millimetre."""
    found = [f"{name}: on one side alone" for name in sorted(set(mine) ^ set(theirs))]
    for name in sorted(set(mine) & set(theirs)):
        here, there = mine[name], theirs[name]
        if here.shape != there.shape:
            found.append(f"{name}: {len(here)} and {len(there)} voxels")
            continue
        # rounding may change the order of points: compare both ways by nearest
        distance = np.linalg.norm(here[:, None] - there[None], axis=2)
        farthest = max(distance.min(axis=1).max(), distance.min(axis=0).max())
        if not farthest < 0.01:
            found.append(f"{name}: a voxel lies {farthest:.3f} mm from the nearest of the other side")
    return found
