"""Small made-up cases on disk: an image and a segmentation with overlapping groups each."""

from __future__ import annotations

from pathlib import Path

import numpy as np

import MultiLabelSegLib as mls
from MultiLabelSegLib.core import Geometry, Group, Image, Label, Segmentation
from MultiLabelSegLib.formats.image_file import save_image

LIVER = Label(
    40,
    "Liver",
    (1.0, 0.0, 0.0),
    description="the big one",
    properties={"weight": 1500, "_origin": "drawn", "list": [1, {"a": None}]},
)
SPLEEN = Label(7, "Spleen", (0.0, 1.0, 0.0), locked=False)
TUMOUR = Label(200, "Tumour", (0.0, 0.0, 1.0), visible=False)
EMPTY = Label(9, "Gallbladder", (1.0, 1.0, 0.0))


def a_geometry(number: int = 0, shape: tuple[int, int, int] = (4, 5, 6)) -> Geometry:
    return Geometry.from_parts(shape, (0.75, 0.5, 2.5), (-3.0, 4.5, 10.0 + number))


def an_image(geometry: Geometry, number: int = 0, dtype: type = np.int16) -> Image:
    values = np.random.default_rng(number).integers(-1000, 1000, geometry.full_shape)
    return Image(values.astype(dtype), geometry)


def a_segmentation(number: int = 0, overlapping: bool = True) -> Segmentation:
    """Organs and lesions; case 1 has no spleen, the tumour lies within the liver or beside it."""
    geometry = a_geometry(number)
    organs, lesions = np.zeros((2, *geometry.full_shape), np.uint8)
    organs[0, 1:3, 1:4, 1:5] = LIVER.value
    labels = [LIVER, EMPTY]
    if number != 1:
        organs[0, 3, 4, 4:] = SPLEEN.value
        labels = [LIVER, SPLEEN, EMPTY]
    if overlapping:
        lesions[0, 1, 2, 2:4] = TUMOUR.value
    else:
        lesions[0, 0, 0, number] = TUMOUR.value
    groups = [Group(organs, labels, "Organs", {"modality": "CT"}), Group(lesions, [TUMOUR], "Lesions")]
    return Segmentation(geometry, groups, properties={"study": f"study {number}"}, unlabeled_locked=number == 0)


def make_cases(folder: Path, count: int = 3, overlapping: bool = True) -> Path:
    """``ct/p0.nii.gz`` and ``seg/p0.nrrd`` and so on; returns the folder."""
    (folder / "ct").mkdir(parents=True)
    (folder / "seg").mkdir()
    for number in range(count):
        save_image(an_image(a_geometry(number), number), folder / "ct" / f"p{number}.nii.gz")
        mls.write(a_segmentation(number, overlapping), folder / "seg" / f"p{number}.nrrd")
    return folder


def write_group(path: Path, geometry: Geometry, *labels: tuple[int, str]) -> Path:
    """A segmentation of one group whose labels have a voxel each."""
    array = np.zeros(geometry.full_shape, np.uint16)
    for place, (value, _) in enumerate(labels):
        array[0, 0, 0, place] = value
    mls.write(Segmentation(geometry, [Group(array, [Label(value, name) for value, name in labels])]), path)
    return path


def folders_of(made: Path) -> list[object]:
    """The options of the command line that name the folders of ``make_cases``."""
    return ["--images", made / "ct", "--segmentations", made / "seg"]
