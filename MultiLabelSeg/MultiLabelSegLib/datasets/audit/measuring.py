"""One case, read once and measured."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from ...core import Geometry, Segmentation
from ...core.runs import RunTable, scan
from ...errors import FormatError, MultiLabelSegError
from ...formats.codec.codec_errors import VoxelValueError
from ...formats.image_io import describe_image, read_geometry
from ...formats.image_suffixes import image_suffix
from ...formats.overlap import colliding_pairs
from ...formats.registry import read_segmentation
from ...formats.report import Report
from ..bids.inherited import inherited_table
from ..case_files import Case
from .facts import CaseFacts, LabelFacts
from .pieces import pieces_of

#: the name and look that readers give to values without a row in a label table
_UNNAMED, _UNNAMED_OPACITY = re.compile(r"object-\d+"), 0.4


def measured(case: Case, images: Sequence[Path] = ()) -> tuple[CaseFacts, Segmentation | None]:
    """The facts of a case and its segmentation; a file that cannot be read gives facts with an error, and None.

    Raises nothing but MemoryError.
    """
    try:
        report = Report()
        table = inherited_table(case.path) if case.path.is_file() else None
        options = {} if table is None else {"label_table": str(table)}
        segmentation = read_segmentation(case.path, options=options, report=report)
        facts = _facts(case, segmentation)
        rounded = _rounded(case.path) if case.path.is_file() else 0
        return replace(facts, rounded=rounded, image_faults=_image_faults(segmentation.geometry, images)), segmentation
    except MultiLabelSegError as error:
        return CaseFacts(case.name, str(case.path), str(error), _is_about_values(error, case.path)), None
    except OSError as error:
        reason = f"{error.filename or case.path}: {error.strerror or error}"
        return CaseFacts(case.name, str(case.path), reason), None


def _facts(case: Case, segmentation: Segmentation) -> CaseFacts:
    ml = segmentation.geometry.voxel_volume_mm3 / 1000
    unnamed = {
        label.value
        for label in segmentation.labels
        if _UNNAMED.fullmatch(label.name) and label.opacity == _UNNAMED_OPACITY
    }
    named = len(unnamed) < len(segmentation.labels) or not segmentation.labels
    digest = hashlib.sha256(repr(segmentation.geometry.full_shape).encode())
    labels: list[LabelFacts] = []
    for index, group in enumerate(segmentation.groups):
        table = scan(group.array)
        for part in (table.values, table.offsets, table.start, table.stop):
            digest.update(part.tobytes())
        for label in group.labels:
            found = _label(segmentation.geometry, table, label.value, label.name, ml)
            labels.append(replace(found, group=index, declared=not (named and label.value in unnamed)))
        labels += [
            replace(_label(segmentation.geometry, table, value, "", ml), group=index, declared=False)
            for value in group.undeclared_values()
        ]
    overlaps = colliding_pairs(segmentation) if case.is_mask_folder and len(segmentation.groups) > 1 else {}
    return CaseFacts(
        case.name,
        str(case.path),
        named=named,
        frames=segmentation.geometry.time_steps,
        grid=str(segmentation.geometry),
        labels=tuple(labels),
        overlaps=tuple((first, second, count) for (first, second), count in overlaps.items()),
        content=digest.hexdigest() if any(label.voxels for label in labels) else "",
    )


def _label(geometry: Geometry, table: RunTable, value: int, name: str, ml: float) -> LabelFacts:
    start, stop = table.runs_of(value)
    if not len(start):
        return LabelFacts(value, name, 0, 0.0)
    found = pieces_of(start, stop, geometry.full_shape, geometry.spacing[::-1])
    x, y, z = geometry.lps_from_ijk(found.centroid_kji[::-1]).tolist()
    return LabelFacts(
        value, name, found.voxels, found.voxels * ml, 0, (x, y, z), found.count, found.beside, found.apart_mm
    )


def _rounded(path: Path) -> int:
    """Voxels of a file of floating-point or scaled numbers that are not quite whole."""
    if image_suffix(path) is None:
        return 0
    try:
        described = describe_image(path, Report())
    except FormatError:
        return 0  # a segmentation of several arrays, whose own reader has checked it
    if described.dtype.kind != "f" and not described.is_scaled:
        return 0
    array = described.read_array()
    return int(np.count_nonzero(array != np.rint(array)))


def _image_faults(geometry: Geometry, images: Sequence[Path]) -> tuple[str, ...]:
    faults = []
    for path in images:
        try:
            other = read_geometry(path)
        except MultiLabelSegError as error:
            faults.append(f"the image cannot be read: {error}")
            continue
        found = geometry.differences(other, check_time=False)
        if found:
            faults.append(f"unlike {path.name}: {'; '.join(found)}")
    return tuple(faults)


def _is_about_values(error: MultiLabelSegError, path: Path) -> bool:
    """Whether a file was refused for what its voxels hold: fractions, negative or too large numbers."""
    if isinstance(error, VoxelValueError):
        return True
    if not path.is_file() or image_suffix(path) is None or not isinstance(error, FormatError):
        return False
    try:
        described = describe_image(path, Report())
        if described.dtype.kind not in "uif":
            return False
        array = described.read_array()
    except MultiLabelSegError:
        return False
    return not (np.isfinite(array).all() and np.array_equal(array, np.rint(array)) and array.min() >= 0)
