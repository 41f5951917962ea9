"""3D Slicer's segmentations, ``.seg.nrrd``: one layer a group, one segment a label.

What Slicer has no place for (value, lock, visibility, opacity, tracking, properties, groups, the document) is kept in
segment tags (see ``bridges.slicer_tags``), so that it survives loading and saving in Slicer, which merges layers,
renumbers label values, crops the voxels and drops keys that it does not know. Labels of files that never were ours get
MITK's defaults for what Slicer does not have: locked, visible, opacity 0.6.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from ..core import Group, Segmentation
from ..errors import CorruptFileError, FormatError, GroupError, LabelError, LossError
from .base import EVERYTHING, Format, ReadRequest, WriteRequest
from .nrrd import (
    WrittenNrrd,
    axis_layout,
    geometry_fields,
    geometry_from_header,
    nrrd_difference,
    read_header,
    write_nrrd,
)

SUFFIX = ".seg.nrrd"
#: also read, with the voxels in a file of their own
_DETACHED = ".seg.nhdr"
_SIGNS = (b"\nSegment0_", b"\nSegmentation_")
_MITK = b"org.mitk.multilabel.segmentation"


@dataclass(frozen=True)
class SlicerOptions:
    """``crop``: store only the box around all labels, as Slicer does; reading here restores the whole grid."""

    crop: bool = False


def matches(path: Path, head: bytes) -> bool:
    """By the keys of segments, else by the name unless the content is MITK's."""
    if not head.startswith(b"NRRD"):
        return False
    named = path.name.lower().endswith((SUFFIX, _DETACHED))
    return any(sign in head for sign in _SIGNS) or (named and _MITK not in head)


def read(request: ReadRequest) -> Segmentation:
    """Reads a segmentation; cropped layers are padded to the reference image where the file tells its grid.

    Raises CorruptFileError, UnsupportedFormatError (another representation than binary label maps).
    """
    # every file is asked first whether it is one of these, so what reads them is loaded when one is
    from .slicer.incoming import segmentation_from_layers
    from .slicer.segment_keys import read_segments
    from .slicer.wide_values import read_layers

    header = read_header(request.path, allow_outside=request.allow_outside)
    for note in header.notes:
        request.report.note(note, request.path)
    stored = geometry_from_header(header, request.report)
    if stored.time_steps > 1:
        raise CorruptFileError(request.path, f"{stored.time_steps} frames; Slicer's segmentations have no time")
    keys = read_segments(header, axis_layout(header).groups(header))
    arrays, keys = read_layers(header, keys, lambda fraction: request.report.step(0.9 * fraction, "reading"))
    try:
        layers = [Group(array) for array in arrays]
        return segmentation_from_layers(header, keys, stored, layers, request.report)
    except (LabelError, GroupError) as error:
        raise CorruptFileError(request.path, str(error)) from None


def write(request: WriteRequest) -> Path:
    """Writes a segmentation, one layer a group, as unsigned char where all values fit, else as unsigned short.

    Raises LossError for several frames.
    """
    from .slicer.outgoing import header_keys, highest_value, stored_arrays, stored_box, stored_geometry

    segmentation = request.segmentation
    frames = segmentation.geometry.time_steps
    if frames > 1:
        raise LossError(request.path, [f"{frames - 1} of {frames} time steps"])
    options = request.options if isinstance(request.options, SlicerOptions) else SlicerOptions()
    box = stored_box(segmentation, options.crop)
    fields = geometry_fields(stored_geometry(segmentation, box), len(segmentation.groups), value_kind="list")
    request.made = write_nrrd(
        request.stage.file(request.path),
        fields,
        header_keys(segmentation, box),
        stored_arrays(segmentation, box),
        "u1" if highest_value(segmentation.groups) < 256 else "u2",
        lambda fraction: request.report.step(fraction, "writing"),
    )
    return request.path


def verify(request: WriteRequest, written: Path) -> list[str]:
    """Sentences about what differs between the staged file and the segmentation; empty when all is well.

    The header is parsed again and compared with the segments' keys. Voxels that were written as runs are decoded from
    the bytes on disk and compared run by run; others are read in the ordinary way.
    """
    from .slicer.outgoing import header_keys, stored_box
    from .verify import differences

    staged, made = request.stage.staged(written), request.made
    if not isinstance(made, WrittenNrrd) or made.intervals is None:
        return differences(request.segmentation, read(ReadRequest(staged)), FORMAT.capabilities)
    options = request.options if isinstance(request.options, SlicerOptions) else SlicerOptions()
    try:
        header = read_header(staged)
    except FormatError as error:
        return [f"it cannot be read back: {error}"]
    expected = header_keys(request.segmentation, stored_box(request.segmentation, options.crop))
    found = [] if header.keyvalues == expected else ["the segments in the header differ"]
    changed = nrrd_difference(staged, made)
    return found if changed is None else [*found, changed]


FORMAT = Format(
    id="slicer-seg-nrrd",
    title="3D Slicer segmentation",
    suffixes=(SUFFIX,),
    capabilities=replace(EVERYTHING, time=False, extras=True),
    matches=matches,
    reader=read,
    writer=write,
    verifier=verify,
    write_options=SlicerOptions,
)
