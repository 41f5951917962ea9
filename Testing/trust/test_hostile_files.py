"""Damaged, lying and hostile files of every format: a segmentation or a typed error, never anything else."""

from __future__ import annotations

import json
import os
import random
import shutil
import subprocess
import sys
import textwrap
import time
import warnings
from pathlib import Path
from typing import Any

import pytest

import MultiLabelSegLib
from MultiLabelSegLib.core import Segmentation
from MultiLabelSegLib.errors import FormatError, MultiLabelSegError
from MultiLabelSegLib.formats.label_tables import read_table
from MultiLabelSegLib.formats.registry import read_segmentation
from MultiLabelSegLib.formats.report import Report
from MultiLabelSegLib.formats.saving import write_segmentation
from MultiLabelSegLib.formats.sidecar import seal
from Testing.formats.map_cases import a_map, differing
from Testing.trust.hostile_corpus import ODD_JSON, SPOILERS, places_of, seeds, tables

#: how often each file is spoiled in each way
_ROUNDS = 11
_MOST_SECONDS = 5.0
#: far more than the small files need, far less than a lying header asks for
_MOST_BYTES = 256 << 20


def survives(path: Path, format_id: str | None = None) -> str:
    """Reads with warnings as errors; ``read`` or the kind of the typed error. Anything else is raised."""
    started = time.perf_counter()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        try:
            found = read_segmentation(path, format_id=format_id, report=Report())
        except MultiLabelSegError as error:
            result = type(error).__name__
        else:
            assert isinstance(found, Segmentation)
            result = "read"
    assert time.perf_counter() - started < _MOST_SECONDS
    return result


def peak_bytes() -> int:
    """The most memory that this process ever had; 0 where the system does not say."""
    if sys.platform == "win32":
        return 0
    import resource

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)


def _opened(original: Path) -> tuple[str | None, list[Path]]:
    """The reader to use, and the files of a seed that may be spoiled."""
    files = sorted(path for path in original.parent.rglob("*") if path.is_file())
    return ("labelmap" if original.parent.name.startswith("map") else None), files


@pytest.mark.parametrize("part", range(4))
def test_thousands_of_spoiled_files_are_read_or_refused(tmp_path: Path, part: int) -> None:
    made = seeds(tmp_path / "seeds")
    counts: dict[str, int] = {}
    before = peak_bytes()
    for number, original in enumerate(made):
        if number % 4 != part:
            continue
        format_id, files = _opened(original)
        assert survives(original, format_id) == "read"
        for file in files:
            data = file.read_bytes()
            for way in SPOILERS:
                for turn in range(_ROUNDS):
                    seed = f"{file.name} {way.__name__} {turn}"
                    file.write_bytes(way(data, random.Random(seed)))
                    try:
                        result = survives(original, format_id)
                    except BaseException as error:
                        raise AssertionError(f"{original.parent.name}: {seed}") from error
                    counts[result] = counts.get(result, 0) + 1
            file.write_bytes(data)
    assert peak_bytes() - before < _MOST_BYTES
    assert sum(counts.values()) > 400
    assert counts["CorruptFileError"] > 100


def test_thousands_of_spoiled_label_tables_are_read_or_refused(tmp_path: Path) -> None:
    outcomes = {"read": 0, "refused": 0}
    for path in tables(tmp_path / "tables"):
        data = path.read_bytes()
        for way in SPOILERS[:-1]:
            for turn in range(30):
                path.write_bytes(way(data, random.Random(f"{path.name} {way.__name__} {turn}")))
                with warnings.catch_warnings():
                    warnings.simplefilter("error")
                    try:
                        read_table(path, Report())
                        outcomes["read"] += 1
                    except FormatError:
                        outcomes["refused"] += 1
    assert min(outcomes.values()) > 50


@pytest.mark.parametrize("name", ["s.mitklabel.json", "labels.json", "c.nii.gz.mlseg.json"])
def test_every_value_of_our_json_replaced_by_odd_ones(tmp_path: Path, name: str) -> None:
    original = next(
        path for path in seeds(tmp_path / "seeds") if (path.parent / name).is_file() or (path / name).is_file()
    )
    file = original / name if original.is_dir() else original.parent / name
    text = file.read_text(encoding="utf-8")
    for number in range(sum(1 for _ in places_of(json.loads(text)))):
        for odd in random.Random(f"{name} {number}").sample(ODD_JSON, 3):
            root = json.loads(text)
            container, key = list(places_of(root))[number]
            container[key] = odd
            if "seal" in root:
                root["seal"] = seal(root)
            file.write_text(json.dumps(root), encoding="utf-8")
            survives(original)


# ---- places in the file system ------------------------------------------------------------------------------------
def a_stack(folder: Path, file: Any) -> Path:
    folder.mkdir(exist_ok=True)
    path = write_segmentation(a_map(), folder / "s.nii.gz", options={"Save strategy": "group"}, overwrite=True).main[0]
    body = json.loads(path.read_text(encoding="utf-8"))
    body["groups"][0]["_file"] = file
    path.write_text(json.dumps(body), encoding="utf-8")
    return path


@pytest.mark.parametrize(
    "file",
    [
        "../o/secret.nii.gz",
        "{outside}",
        "/dev/zero",
        "/dev/stdin",
        ".",
        "",
        "..",
        "\0",
        "s/../../o/secret.nii.gz",
        "link.nii.gz",
        "linked/secret.nii.gz",
        "pipe.nii.gz",
        "folder.nii.gz",
        5,
        None,
        ["a"],
    ],
)
def test_paths_in_a_stack_that_lead_outside_or_to_no_file_are_refused(tmp_path: Path, file: Any) -> None:
    (tmp_path / "o").mkdir()
    secret = write_segmentation(a_map(), tmp_path / "o" / "secret.nii.gz").main[0]
    path = a_stack(tmp_path / "in", str(secret) if file == "{outside}" else file)
    (path.parent / "link.nii.gz").symlink_to(secret)
    (path.parent / "linked").symlink_to(secret.parent)
    (path.parent / "folder.nii.gz").mkdir()
    if hasattr(os, "mkfifo"):
        os.mkfifo(path.parent / "pipe.nii.gz")
    with pytest.raises(FormatError):
        read_segmentation(path)
    if file in ("../o/secret.nii.gz", "linked/secret.nii.gz") or file in ("{outside}", "link.nii.gz"):
        assert read_segmentation(path, allow_outside=True).values


def test_a_mask_folder_or_a_detached_header_may_not_lead_outside_either(tmp_path: Path) -> None:
    folder = write_segmentation(a_map(), tmp_path / "f", format_id="label-folder").main[0]
    outside = tmp_path / "Liver.nii.gz"
    shutil.move(folder / "Liver.nii.gz", outside)
    (folder / "Liver.nii.gz").symlink_to(outside)
    with pytest.raises(FormatError, match="outside"):
        read_segmentation(folder)
    (tmp_path / "h").mkdir()
    header = write_segmentation(a_map(), tmp_path / "h" / "m.mhd", format_id="labelmap").main[0]
    shutil.move(header.with_name("m.zraw"), tmp_path / "m.zraw")
    header.write_text(header.read_text().replace("m.zraw", "../m.zraw"))
    with pytest.raises(FormatError, match="outside"):
        read_segmentation(header)


_NAMES = (
    "m.nrrd",
    "m.seg.nrrd",
    "m.mitklabel.json",
    "m.nii.gz",
    "m.nii",
    "m.mha",
    "m.mhd",
    "m.gipl",
    "labels.json",
    "m",
)


@pytest.mark.parametrize("reader", [None, "mitk-nrrd", "mitk-stack", "slicer-seg-nrrd", "labelmap", "label-folder"])
@pytest.mark.parametrize("name", _NAMES)
def test_folders_pipes_empty_files_and_dead_links_in_a_files_place(
    tmp_path: Path, name: str, reader: str | None
) -> None:
    def folder(path: Path) -> None:
        path.mkdir()

    def empty(path: Path) -> None:
        path.write_bytes(b"")

    def dead(path: Path) -> None:
        path.symlink_to(path.with_name("nowhere"))

    def circle(path: Path) -> None:
        path.symlink_to(path)

    def pipe(path: Path) -> None:
        os.mkfifo(path)

    def endless(path: Path) -> None:
        path.symlink_to("/dev/zero")

    for index, make in enumerate((folder, empty, dead, circle, pipe, endless)):
        (tmp_path / str(index)).mkdir()
        path = tmp_path / str(index) / name
        make(path)
        assert survives(path, reader) != "read"


def test_names_that_the_system_refuses_are_typed_errors(tmp_path: Path) -> None:
    for name in ("x" * 5000, "a\0b.nrrd", "a\ud800.nrrd", "m.nrrd/inside.nrrd"):
        (tmp_path / "m.nrrd").write_text("x")
        with pytest.raises(FormatError):
            read_segmentation(tmp_path / name)


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may read everything")
def test_what_may_not_be_read_is_a_typed_error(tmp_path: Path) -> None:
    path = write_segmentation(a_map(), tmp_path / "m.nii.gz").main[0]
    path.chmod(0)
    with pytest.raises(FormatError, match="ermission"):
        read_segmentation(path)
    tmp_path.chmod(0)
    try:
        with pytest.raises(FormatError):
            read_segmentation(path)
        with pytest.raises(FormatError):
            read_segmentation(tmp_path)
    finally:
        tmp_path.chmod(0o700)


@pytest.mark.parametrize(
    "name",
    [
        "blank name.nii.gz",
        "größe.nrrd",
        "two\nlines.nii",
        "'quoted' \"name\".mha",
        "-o.nrrd",
        "肝臓.seg.nrrd",
        "a;b&c$d.mitklabel.json",
        "%s%n.gipl",
        "\\back.nii.gz",
        "#1.nii.gz",
    ],
)
def test_files_may_be_called_anything(tmp_path: Path, name: str) -> None:
    from Testing.formats.map_cases import STRAIGHT

    mine = a_map(STRAIGHT)
    assert differing(mine, read_segmentation(write_segmentation(mine, tmp_path / name).main[0])) == []


# ---- promises of terabytes, in a process with little memory ---------------------------------------------------------
_CHILD = textwrap.dedent(
    """
    import resource, sys, time, warnings
    from pathlib import Path
    from MultiLabelSegLib.errors import MultiLabelSegError
    from MultiLabelSegLib.formats.registry import read_segmentation
    warnings.simplefilter("error")
    import numpy, MultiLabelSegLib.core.runs, MultiLabelSegLib.formats.labelmap
    resource.setrlimit(resource.RLIMIT_CPU, (20, 20))
    resource.setrlimit(resource.RLIMIT_AS, (3 << 30, 3 << 30))
    for name in sys.stdin.read().splitlines():
        started = time.perf_counter()
        try:
            read_segmentation(Path(name))
            word = "read"
        except MultiLabelSegError as error:
            word = type(error).__name__
        print(f"{Path(name).name}: {word}", time.perf_counter() - started < 5, flush=True)
    """
)


def _nrrd(sizes: str, body: bytes = b"", more: str = "") -> bytes:
    dimension = len(sizes.split())
    head = f"NRRD0004\ntype: unsigned short\ndimension: {dimension}\nsizes: {sizes}\nendian: little\n{more}"
    return (head + "\n").encode() + body


def promises(folder: Path) -> list[Path]:
    """Files of some bytes that announce far more."""
    import gzip
    import struct

    zeros = gzip.compress(bytes(30 << 20))
    huge = "space: left-posterior-superior\nspace directions: (1,0,0) (0,1,0) (0,0,1)\nspace origin: (0,0,0)\n"
    nii = bytearray((write_segmentation(a_map(), folder / "a.nii").main[0]).read_bytes())
    made: dict[str, bytes] = {}
    for number, sizes in enumerate(((1, 32767, 32767, 32767), (7, 32767, 32767, 32767, 32767, 32767, 32767, 32767))):
        lying = bytearray(nii)
        struct.pack_into(f"<{len(sizes)}h", lying, 40, 3 if number == 0 else 7, *sizes[1:])
        made[f"nii{number}.nii"] = bytes(lying)
        made[f"gz{number}.nii.gz"] = gzip.compress(bytes(lying))
    for encoding in ("raw", "gzip", "ascii"):
        for sizes in ("100000 100000 1000", "4294967296 4294967296 4", "2147483648 2 2", "1 1 9223372036854775807"):
            made[f"{encoding}-{sizes.split()[0]}-{sizes.split()[-1]}.nrrd"] = _nrrd(
                sizes, zeros if encoding == "gzip" else b"\0" * 99, f"encoding: {encoding}\n{huge}"
            )
    mitk = "modality:=org.mitk.multilabel.segmentation\norg.mitk.multilabel.segmentation.labelgroups:=[{}]\n"
    made["mitk.nrrd"] = _nrrd("90000 90000 900", zeros, f"encoding: gzip\n{huge}{mitk}")
    made["slicer.seg.nrrd"] = _nrrd(
        "3 3 3", gzip.compress(bytes(54)),
        f"encoding: gzip\n{huge}Segmentation_ReferenceImageExtentOffset:=0 0 0\nSegment0_ID:=a\n"
        "Segment0_LabelValue:=1\nSegment0_Layer:=99999999\nSegment0_Extent:=0 99999999 0 99999999 0 99999999\n",
    )  # fmt: skip
    for suffix, body in (("mha", b"LOCAL\n"), ("mhd", b"none.raw\n")):
        made[f"m.{suffix}"] = (
            b"ObjectType = Image\nNDims = 3\nDimSize = 99999 99999 99999\nElementType = MET_USHORT\n"
            b"CompressedData = True\nCompressedDataSize = 99999999999999\nElementDataFile = " + body
        )
    made["g.gipl"] = struct.pack(">4H", 65535, 65535, 65535, 65535) + bytes(248)
    made["deep.mitklabel.json"] = b'{"type":"org.mitk.multilabel.segmentation.stack","groups":' + b"[" * 200_000
    made["bomb.nii.gz"] = gzip.compress(gzip.compress(bytes(200 << 20)))
    for name, data in made.items():
        (folder / name).write_bytes(data)
    return [folder / name for name in made]


@pytest.mark.skipif(sys.platform == "win32", reason="limits of a process are set as on Unix")
def test_files_that_promise_terabytes_are_refused_in_a_process_with_little_memory(tmp_path: Path) -> None:
    made = promises(tmp_path)
    environment = {**os.environ, "PYTHONPATH": str(Path(MultiLabelSegLib.__file__).parents[1])}
    done = subprocess.run(
        [sys.executable, "-c", _CHILD],
        input="\n".join(map(str, made)),
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    answers = done.stdout.splitlines()
    assert (done.returncode, len(answers)) == (0, len(made)), done.stderr[-2000:]
    assert [line for line in answers if ": read" in line or not line.endswith("Error True")] == []


@pytest.mark.parametrize("number", [b"\x01\x00\x80\x7f", b"\x00\x00\xc0\x7f", b"\x00\x00\x80\xff", b"\xff\xff\x7f\x7f"])
def test_numbers_that_are_none_anywhere_in_a_nifti_grid_are_refused_without_a_warning(
    tmp_path: Path, number: bytes
) -> None:
    path = write_segmentation(a_map(), tmp_path / "m.nii").main[0]
    data = path.read_bytes()
    for code in (0, 1):  # with and without sform; the fields are pixdim, quatern, qoffset, srow
        for place in (*range(76, 108, 4), *range(256, 328, 4)):
            lying = bytearray(data)
            lying[254:256] = code.to_bytes(2, "little")
            lying[place : place + 4] = number
            path.write_bytes(bytes(lying))
            assert survives(path) in ("read", "CorruptFileError", "UnsupportedFormatError")
