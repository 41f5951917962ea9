"""Surfaces in files: STL, PLY, OBJ, VTP are written and read, GLB is written.

Coordinates are LPS mm, as MITK and 3D Slicer expect; GLB, whose unit is the metre and whose up is y, is turned and
scaled for viewers. Of several surfaces in one file OBJ, GLB and VTP keep names or values apart, PLY keeps the colours,
STL nothing.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..core.surface import Surface
from ..errors import OVERWRITE, CorruptFileError, FormatError, UnsupportedFormatError, WriteError
from .staging import Stage

#: suffixes that are written
WRITTEN_SURFACES = (".vtp", ".stl", ".obj", ".ply", ".glb")
READ_SURFACES = (".vtp", ".stl", ".obj", ".ply")
#: LPS mm as GLB's metres with y up: x, z, -y
_GLB_MATRIX = [0.001, 0, 0, 0, 0, 0, -0.001, 0, 0, 0.001, 0, 0, 0, 0, 0, 1]


def write_surfaces(surfaces: Sequence[Surface], path: Path, overwrite: bool = False) -> Path:
    """Writes surfaces into one file, atomically; the suffix decides the format.

    Raises UnsupportedFormatError for another suffix, FormatError (exists already, nothing to write), WriteError.
    """
    suffix = path.suffix.lower()
    if suffix not in WRITTEN_SURFACES:
        raise UnsupportedFormatError(path, f"surfaces are written as {', '.join(WRITTEN_SURFACES)}")
    if not surfaces:
        raise FormatError(path, "there is no surface to write: the labels have no voxels")
    writers: dict[str, Callable[[Sequence[Surface], Path, Path], list[Path]]] = {
        ".vtp": _write_vtp,
        ".stl": _write_stl,
        ".obj": _write_obj,
        ".ply": _write_ply,
        ".glb": _write_glb,
    }

    def refuse() -> None:
        for final in stage.paths:
            if final.exists() and not overwrite:
                raise FormatError(final, f"exists already; {OVERWRITE}").offering(OVERWRITE)

    with Stage(path) as stage:
        staged = stage.file(path)
        for beside in writers[suffix](surfaces, staged, path):
            stage.file(beside)
        stage.commit(refuse)
    return path


def _joined(surfaces: Sequence[Surface]) -> tuple[NDArray[np.float32], NDArray[np.int64], NDArray[np.int64]]:
    """All points and triangles, and for each triangle the number of its surface."""
    starts = np.cumsum([0, *(len(surface.points) for surface in surfaces)])
    points = np.concatenate([surface.points for surface in surfaces])
    triangles = np.concatenate([surface.triangles + start for surface, start in zip(surfaces, starts, strict=False)])
    return points, triangles, np.repeat(np.arange(len(surfaces)), [len(surface.triangles) for surface in surfaces])


def _bytes_of(surface: Surface) -> list[int]:
    return [int(round(channel * 255)) for channel in surface.color]


def _write_stl(surfaces: Sequence[Surface], staged: Path, _path: Path) -> list[Path]:
    points, triangles, _ = _joined(surfaces)
    corners = points[triangles]
    normals = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    lengths = np.linalg.norm(normals, axis=1, keepdims=True)
    rows = np.zeros(len(triangles), np.dtype([("normal", "<f4", 3), ("corners", "<f4", (3, 3)), ("rest", "<u2")]))
    rows["normal"], rows["corners"] = normals / np.where(lengths > 0, lengths, 1), corners
    # 3D Slicer looks for SPACE in the header
    staged.write_bytes(b"SPACE=LPS".ljust(80, b" ") + struct.pack("<I", len(rows)) + rows.tobytes())
    return []


def _write_ply(surfaces: Sequence[Surface], staged: Path, _path: Path) -> list[Path]:
    points, triangles, _ = _joined(surfaces)
    head = (
        "ply\nformat binary_little_endian 1.0\ncomment SPACE=LPS\n"
        f"element vertex {len(points)}\nproperty float x\nproperty float y\nproperty float z\n"
        "property uchar red\nproperty uchar green\nproperty uchar blue\n"
        f"element face {len(triangles)}\nproperty list uchar int vertex_indices\nend_header\n"
    )
    vertices = np.zeros(len(points), np.dtype([("at", "<f4", 3), ("color", "u1", 3)]))
    vertices["at"] = points
    vertices["color"] = np.repeat([_bytes_of(one) for one in surfaces], [len(one.points) for one in surfaces], axis=0)
    faces = np.zeros(len(triangles), np.dtype([("count", "u1"), ("corners", "<i4", 3)]))
    faces["count"], faces["corners"] = 3, triangles
    staged.write_bytes(head.encode("ascii") + vertices.tobytes() + faces.tobytes())
    return []


def _write_obj(surfaces: Sequence[Surface], staged: Path, path: Path) -> list[Path]:
    """The surfaces as objects, their colours in a material file beside."""
    materials = path.with_suffix(".mtl")
    with staged.open("w", encoding="utf-8", newline="\n") as file:
        file.write(f"# SPACE=LPS\nmtllib {materials.name}\n")
        start = 1
        for number, surface in enumerate(surfaces):
            file.write(f"o {_plain(surface)}\nusemtl material{number}\n")
            np.savetxt(file, surface.points, fmt="v %.6g %.6g %.6g")
            np.savetxt(file, surface.triangles + start, fmt="f %d %d %d")
            start += len(surface.points)
    with staged.with_suffix(".mtl").open("w", encoding="utf-8", newline="\n") as file:
        for number, surface in enumerate(surfaces):
            red, green, blue = surface.color
            file.write(f"newmtl material{number}\nKd {red:.6g} {green:.6g} {blue:.6g}\n")
    return [materials]


def _plain(surface: Surface) -> str:
    return " ".join(surface.name.split()) or f"label {surface.value}"


def _write_vtp(surfaces: Sequence[Surface], staged: Path, path: Path) -> list[Path]:
    from vtkmodules.util.numpy_support import numpy_to_vtk
    from vtkmodules.vtkIOXML import vtkXMLPolyDataWriter

    from ..ops.surface import poly_data

    points, triangles, owner = _joined(surfaces)
    data = poly_data(points, triangles)
    values = numpy_to_vtk(np.array([one.value for one in surfaces], np.int32)[owner], deep=1)
    values.SetName("LabelValue")
    colors = numpy_to_vtk(np.array([_bytes_of(one) for one in surfaces], np.uint8)[owner], deep=1)
    colors.SetName("Color")
    data.GetCellData().AddArray(values)
    data.GetCellData().SetScalars(colors)
    writer = vtkXMLPolyDataWriter()
    writer.SetFileName(str(staged))
    writer.SetInputData(data)
    writer.SetDataModeToAppended()
    writer.EncodeAppendedDataOff()
    if writer.Write() != 1 or not staged.is_file():
        raise WriteError(path, "VTK could not write it")
    return []


def _write_glb(surfaces: Sequence[Surface], staged: Path, _path: Path) -> list[Path]:
    """A binary glTF 2.0 file: a mesh, a material and a named node for each surface."""
    blob, views, accessors = bytearray(), [], []

    def add(array: NDArray[Any], target: int, about: dict[str, Any]) -> int:
        data = np.ascontiguousarray(array).tobytes()
        views.append({"buffer": 0, "byteOffset": len(blob), "byteLength": len(data), "target": target})
        blob.extend(data + bytes(-len(data) % 4))
        accessors.append({"bufferView": len(views) - 1, **about})
        return len(accessors) - 1

    meshes, materials = [], []
    for number, surface in enumerate(surfaces):
        low, high = surface.points.min(axis=0).tolist(), surface.points.max(axis=0).tolist()
        bounds = {"componentType": 5126, "count": len(surface.points), "type": "VEC3", "min": low, "max": high}
        corners = {"componentType": 5125, "count": surface.triangles.size, "type": "SCALAR"}
        position = add(surface.points.astype("<f4"), 34962, bounds)
        indices = add(surface.triangles.astype("<u4"), 34963, corners)
        part = {"attributes": {"POSITION": position}, "indices": indices, "material": number}
        meshes.append({"name": _plain(surface), "primitives": [part]})
        look = {"baseColorFactor": [*surface.color, 1.0], "metallicFactor": 0.0, "roughnessFactor": 0.8}
        materials.append({"name": _plain(surface), "pbrMetallicRoughness": look, "doubleSided": True})
    nodes = [{"name": _plain(one), "mesh": n, "matrix": _GLB_MATRIX} for n, one in enumerate(surfaces)]
    scene: dict[str, Any] = {
        "asset": {"version": "2.0", "generator": "MultiLabelSeg"},
        "scene": 0,
        "scenes": [{"nodes": list(range(len(nodes)))}],
        "nodes": nodes,
        "meshes": meshes,
        "materials": materials,
        "accessors": accessors,
        "bufferViews": views,
        "buffers": [{"byteLength": len(blob)}],
    }
    text = json.dumps(scene, separators=(",", ":")).encode("ascii")
    text += b" " * (-len(text) % 4)
    total = 12 + 8 + len(text) + 8 + len(blob)
    head = struct.pack("<4sII", b"glTF", 2, total) + struct.pack("<I4s", len(text), b"JSON")
    staged.write_bytes(head + text + struct.pack("<I4s", len(blob), b"BIN\0") + bytes(blob))
    return []


def read_surface(path: Path) -> Surface:
    """All triangles of a file as one surface in LPS mm; larger polygons are cut into triangles.

    Files that say that they are in RAS (``SPACE=RAS``) are turned. Raises UnsupportedFormatError for another suffix,
    FormatError, CorruptFileError for a file without triangles.
    """
    from vtkmodules.util.numpy_support import vtk_to_numpy
    from vtkmodules.vtkFiltersCore import vtkTriangleFilter

    if not path.is_file():
        raise FormatError(path, "there is no such file")
    reader = _reader(path)
    reader.SetFileName(str(path))
    triangles = vtkTriangleFilter()
    triangles.SetInputConnection(reader.GetOutputPort())
    triangles.PassLinesOff()
    triangles.PassVertsOff()
    triangles.Update()
    found = triangles.GetOutput()
    if found.GetNumberOfCells() == 0:
        raise CorruptFileError(path, "holds no triangles, or is damaged")
    points = np.array(vtk_to_numpy(found.GetPoints().GetData()), np.float32)
    corners = np.array(vtk_to_numpy(found.GetPolys().GetConnectivityArray()), np.int64).reshape(-1, 3)
    if b"SPACE=RAS" in path.read_bytes()[:1024]:
        points[:, :2] *= -1
    return Surface(points, corners, path.stem)


def _reader(path: Path) -> Any:
    from vtkmodules.vtkIOGeometry import vtkOBJReader, vtkSTLReader
    from vtkmodules.vtkIOPLY import vtkPLYReader
    from vtkmodules.vtkIOXML import vtkXMLPolyDataReader

    readers = {".vtp": vtkXMLPolyDataReader, ".stl": vtkSTLReader, ".obj": vtkOBJReader, ".ply": vtkPLYReader}
    if path.suffix.lower() not in readers:
        raise UnsupportedFormatError(path, f"surfaces are read from {', '.join(READ_SURFACES)}")
    return readers[path.suffix.lower()]()
