"""Two hundred small cases as a table of jobs; five of them are broken, each in its own way."""

from __future__ import annotations

import csv
import gzip
import hashlib
from pathlib import Path

import numpy as np

import MultiLabelSegLib as mls

COUNT = 200
#: number of the case -> words that its reason must hold
BROKEN = {
    11: "the gzip data end early",
    53: "1 voxels are not integral (first: 7.5)",
    97: "images_053_label_1.nii.gz', which does not exist",
    140: "does not lie on the reference's grid",
    188: "Tumour",
}
_ENDINGS = (".nrrd", ".seg.nrrd", ".nii.gz")
_SHAPE = (6, 10, 12)


def make_cases(folder: Path, count: int = COUNT) -> Path:
    """Writes the inputs and ``jobs.csv`` into ``folder``; returns the table. Outputs go to ``out`` beside it."""
    inputs = folder / "in"
    inputs.mkdir(parents=True)
    rows = []
    for number in range(count):
        source = inputs / f"case {number:03}.nii.gz"
        _write_case(source, number)
        row = {"input": f"in/{source.name}", "output": f"out/{number % 7}/{{stem}}{_ENDINGS[number % 3]}"}
        rows.append({**row, "reference": "", "sidecar": "always" if number % 5 == 0 else ""})
    for number in set(BROKEN) & set(range(count)):
        _break(inputs, number, rows[number])
    table = folder / "jobs.csv"
    with table.open("w", newline="", encoding="utf-8-sig") as file:
        writer = csv.DictWriter(file, list(rows[0]), delimiter=";")
        writer.writeheader()
        writer.writerows(rows)
    return table


def hashes(folder: Path) -> dict[str, str]:
    """Name below ``folder`` -> SHA-256 of every file that the cases made, hidden ones too."""
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name != "mlseg-batch.jsonl"
    }


def _write_case(path: Path, number: int) -> None:
    array = np.zeros(_SHAPE, np.uint8)
    array[1:4, 2:8, 1 + number % 5 : 8] = 1 + number % 3
    array[4, 3, number % 12] = 9
    values = [value for value in (1, 2, 3, 9) if (array == value).any()]
    labels = [mls.Label(value, f"Label {value}") for value in values]
    geometry = mls.Geometry.from_parts(_SHAPE, (1, 1, 2 + number % 4))
    mls.write(mls.Segmentation(geometry, [mls.Group(array, labels)]), path)


def _break(inputs: Path, number: int, row: dict[str, str]) -> None:
    path = inputs / f"case {number:03}.nii.gz"
    kind = list(BROKEN).index(number)
    if kind == 0:
        path.write_bytes(path.read_bytes()[:-40])
    elif kind == 1:
        _fractional(path)
    elif kind == 2:
        row["input"] = _stack_without_image(inputs)
    elif kind == 3:
        row["reference"] = _other_grid(inputs)
    else:
        row["input"], row["output"] = _overlapping(inputs), "out/overlapping.nii.gz"


def _fractional(path: Path) -> None:
    """A float image whose values are no label values: half a label at one voxel."""
    header = bytearray(gzip.decompress(path.read_bytes())[:352])
    header[70:74] = (16).to_bytes(2, "little") + (32).to_bytes(2, "little")
    voxels = np.zeros(_SHAPE, np.float32)
    voxels[1, 1, 1:3] = 7.5, 2
    path.write_bytes(gzip.compress(bytes(header) + voxels.tobytes()))


def _stack_without_image(inputs: Path) -> str:
    stack = inputs / "images_053.mitklabel.json"
    mls.write(mls.read(inputs / "case 053.nii.gz".replace("053", "054")), stack)
    for image in inputs.glob("images_053*.nii.gz"):
        image.unlink()
    return f"in/{stack.name}"


def _other_grid(inputs: Path) -> str:
    geometry = mls.Geometry.from_parts((6, 10, 12), (1.3, 1.3, 2), (0.4, 0.2, 0.1))
    mls.write(mls.Segmentation(geometry), inputs / "other.nrrd")
    return "in/other.nrrd"


def _overlapping(inputs: Path) -> str:
    array = np.zeros(_SHAPE, np.uint8)
    array[2:4, 2:6, 2:6] = 1
    groups = [mls.Group(array, [mls.Label(1, "Liver")]), mls.Group(array * 2, [mls.Label(2, "Tumour")])]
    mls.write(mls.Segmentation(mls.Geometry.from_parts(_SHAPE), groups), inputs / "overlapping.nrrd")
    return "in/overlapping.nrrd"
