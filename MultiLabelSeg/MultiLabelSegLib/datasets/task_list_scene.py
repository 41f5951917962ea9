"""Image and segmentation of a task that begins with a MITK scene: a zip of data files with an index in XML."""

from __future__ import annotations

import shutil
import tempfile
import zipfile
import zlib
from pathlib import Path, PurePosixPath
from xml.etree import ElementTree

from ..errors import CorruptFileError, FormatError, UnsupportedFormatError
from ..formats.image_io import read_image
from ..formats.label_json import JsonRules
from ..formats.mitk_xml import parse_xml
from ..formats.registry import read_segmentation
from .task_list import SceneNodes
from .task_list_opening import SceneContents

_INDEX = "index.xml"
_MOST_XML_BYTES = 64 << 20
#: a member that claims to grow by more than this is not unpacked; labels deflate to a thousandth at best
_MOST_GROWTH = 2000


def read_scene(path: Path, nodes: SceneNodes) -> SceneContents:
    """The image and, where it is named, the segmentation of a scene; nodes are found by their names.

    Raises CorruptFileError naming the scene for what is damaged or lies, FormatError for a node that is missing, whose
    name several have, or that holds no data file.
    """
    try:
        with zipfile.ZipFile(path) as archive, tempfile.TemporaryDirectory(prefix="mlseg-scene-") as folder:
            root = _xml(archive, _INDEX, path)
            files = {name: _unpacked(archive, root, name, path, Path(folder)) for name in _names(nodes)}
            image = read_image(files[nodes.image])
            segmentation = None if not nodes.segmentation else read_segmentation(files[nodes.segmentation])
            return SceneContents(image, segmentation)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError) as error:
        raise CorruptFileError(path, f"is no scene that can be unpacked ({error})") from None
    except OSError as error:
        raise FormatError(path, f"cannot be read ({error.strerror or error})") from None


def _names(nodes: SceneNodes) -> list[str]:
    return [nodes.image, *([nodes.segmentation] if nodes.segmentation else [])]


def _unpacked(archive: zipfile.ZipFile, root: ElementTree.Element, name: str, path: Path, folder: Path) -> Path:
    """The data file of a node, unpacked into the folder."""
    found = [node for node in root.iter("node") if _node_name(archive, node, path) == name]
    if len(found) != 1:
        known = ", ".join(repr(_node_name(archive, node, path)) for node in root.iter("node")) or "none"
        reason = f"Scene: {len(found)} nodes are named {name!r}, expected one; there are {known}"
        raise FormatError(path, reason)
    data = found[0].find("data")
    file = "" if data is None else data.get("file", "")
    member = _member(archive, file, path)
    target = folder / f"{len(list(folder.iterdir()))}{''.join(PurePosixPath(file).suffixes[-2:])}"
    with archive.open(member) as source, target.open("wb") as sink:
        shutil.copyfileobj(source, sink, 1 << 20)
    return target


def _node_name(archive: zipfile.ZipFile, node: ElementTree.Element, path: Path) -> str | None:
    """The property ``name`` in the file of properties that belongs to the node itself."""
    properties = node.find("properties")
    file = None if properties is None else properties.get("file")
    if not file:
        return None
    for entry in _xml(archive, file, path).iter("property"):
        if entry.get("key") == "name":
            value = entry.find("string")
            return None if value is None else value.get("value")
    return None


def _member(archive: zipfile.ZipFile, name: str, path: Path) -> zipfile.ZipInfo:
    try:
        found = archive.getinfo(name)
    except KeyError:
        raise CorruptFileError(path, f"holds no member {name!r}, which its index names") from None
    if found.file_size > _MOST_GROWTH * max(found.compress_size, 1 << 10):
        reason = f"{name!r} claims to grow from {found.compress_size} to {found.file_size} bytes"
        raise UnsupportedFormatError(path, f"{reason}; it is not unpacked")
    return found


def _xml(archive: zipfile.ZipFile, name: str, path: Path) -> ElementTree.Element:
    found = _member(archive, name, path)
    if found.file_size > _MOST_XML_BYTES:
        raise UnsupportedFormatError(path, f"{name!r} has {found.file_size} bytes, expected {_MOST_XML_BYTES} at most")
    try:
        text = archive.read(found).decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise CorruptFileError(path, f"{name!r} is no UTF-8 text (byte {error.start})") from None
    return parse_xml(text, name, JsonRules(path))
