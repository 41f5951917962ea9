"""Files of ours as nodes of an MRML scene, for Slicer's own Add Data and Save dialogs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...core import Image, Segmentation
from ...edit import History
from ...errors import FormatError, HostError
from ...host.base import Message
from ...host.headless import MemoryPreferences
from ...host.mrml import MrmlHost
from ...host.mrml_images import volume_from_image
from ...host.mrml_takeover import document_from_node
from .supervisely_projects import project_of, read_volume

if TYPE_CHECKING:
    from ...formats.report import Report

#: formats that Slicer itself does not read; everything else is left to it
OURS = ("mitk-nrrd", "mitk-stack")
#: how sure we are of such a file: more than Slicer's readers of plain NRRD and text files say (0.5...0.6)
CERTAIN = 0.9

Progress = Callable[[float, str], object]


def confidence(path: Path) -> float:
    """How sure we are that a file or folder is for us to load: 0 for everything that Slicer knows itself.

    MITK's segmentations are found by what is in them; of Supervisely's projects the folder, its ``meta.json`` and the
    annotation of one volume. Never raises: a file that cannot be read is nobody's.
    """
    from ...formats.registry import matching_formats

    try:
        if project_of(path) is not None:
            return CERTAIN
        if path.is_dir():
            return 0.0
        found = matching_formats(path)
    except (FormatError, OSError):
        return 0.0
    return CERTAIN if found and found[0].id in OURS else 0.0


@dataclass(frozen=True)
class Loaded:
    """The IDs of the nodes that came of a file, the segmentation's first, and what the user should know."""

    node_ids: tuple[str, ...]
    notes: tuple[str, ...] = ()


def load(scene: Any, path: Path, name: str = "", progress: Progress | None = None) -> Loaded:
    """Loads a file, or a volume of a Supervisely project with its image.

    ``name`` is the segmentation's, by default the file's. Raises FormatError, and DatasetError for a project of
    several volumes: its annotations are to be opened one by one.
    """
    from ...formats.registry import read_segmentation
    from ...formats.report import Report

    project = project_of(path)
    if project is not None:
        volume = read_volume(project, path)
        return Loaded(show(scene, volume.segmentation, volume.name, name, volume.image), volume.notes)
    report: Report = Report(progress)
    nodes = show(scene, read_segmentation(path, report=report), _stem(path), name)
    return Loaded(nodes, tuple(map(str, (*report.left_out, *report.notes))))


def save(node: Any, path: Path, progress: Progress | None = None) -> list[Path]:
    """Writes the segmentation of a vtkMRMLSegmentationNode in the format that the name means; returns all paths.

    An existing file is replaced once the new one has been read back and compared. Raises HostError for another
    node, LossError, FormatError, WriteError.
    """
    from ...formats.report import Report
    from ...formats.saving import write_segmentation

    if node is None or not node.IsA("vtkMRMLSegmentationNode"):
        raise HostError("only segmentations can be saved in this format")
    taken = document_from_node(node)
    return list(write_segmentation(taken.document, path, overwrite=True, report=Report(progress)).paths)


def show(scene: Any, document: Segmentation, stem: str, name: str = "", image: Image | None = None) -> tuple[str, ...]:
    """Puts a document into a scene as a node that carries everything needed to take it up again.

    The node is called ``name``, else ``stem`` (``<stem>-labels`` where the image ``stem`` comes with it). Returns the
    IDs of the nodes, the segmentation's first.
    """
    told: list[Message] = []
    host = MrmlHost(scene, MemoryPreferences(), told.append)
    made = []
    try:
        image_id = ""
        if image is not None:
            volume = volume_from_image(scene, image, stem)
            image_id = str(volume.GetID())
            made.append(image_id)
        shown = name or (stem if image is None else f"{stem}-labels")
        view = host.show(document, History(document), name=shown, image_id=image_id)
        host.pump()
        host.keep()
    finally:
        host.close()
    return str(view.node.GetID()), *made


def _stem(path: Path) -> str:
    name = path.name
    for ending in (".mitklabel.json", ".nrrd", ".json"):
        if name.lower().endswith(ending):
            return name[: -len(ending)]
    return path.stem
