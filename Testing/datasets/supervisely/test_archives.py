"""Inputs that are folders or archives: what is found in them, and that nothing is left behind or changed."""

from __future__ import annotations

import gzip
import os
import sys
import tempfile
from pathlib import Path

import pytest

from MultiLabelSegLib.datasets.supervisely.archives.inputs import ArchiveLimits, opened_input
from MultiLabelSegLib.errors import CorruptFileError, DatasetError, FormatError, UnsupportedFormatError

from .archive_cases import FILES, SUFFIXES, make_archive, make_tar, make_zip, zipped

GOLDEN = Path(__file__).resolve().parents[2] / "golden" / "supervisely"


@pytest.fixture(autouse=True)
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A temporary folder of the test's own, so that what is left behind shows."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    return folder


@pytest.fixture
def place(tmp_path: Path) -> Path:
    folder = tmp_path / "place"
    folder.mkdir()
    return folder


def contents(path: Path, limits: ArchiveLimits | None = None) -> dict[str, bytes]:
    with opened_input(path, limits) as tree:
        assert tree.names == tuple(sorted(tree.names))
        return {name: tree.path(name).read_bytes() for name in tree.names}


def left_out(path: Path, limits: ArchiveLimits | None = None) -> dict[str, str]:
    with opened_input(path, limits) as tree:
        return {remark.path: remark.reason for remark in tree.left_out}


def put(folder: Path, files: dict[str, bytes]) -> Path:
    for name, data in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)
    return folder


def test_a_folder_is_read_where_it_lies_without_a_temporary_folder(place: Path, temporary: Path) -> None:
    put(place, FILES)
    with opened_input(place) as tree:
        assert tree.names == tuple(sorted(FILES))
        assert tree.path("CT/lung.nii.gz") == place / "CT/lung.nii.gz"
        assert (tree.root, tree.root_name, tree.left_out) == (place, "place", ())
        assert list(temporary.iterdir()) == []


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_every_kind_of_archive_is_unpacked_elsewhere_and_removed(suffix: str, place: Path, temporary: Path) -> None:
    path = make_archive(place / f"set.v1{suffix}", FILES)
    with opened_input(path) as tree:
        assert {name: tree.path(name).read_bytes() for name in tree.names} == FILES
        assert all(tree.path(name).is_relative_to(temporary) for name in tree.names)
        assert (tree.root / "CT" / "lung.nii.gz").read_bytes() == FILES["CT/lung.nii.gz"]
        assert tree.root_name == "set.v1"
    assert list(temporary.iterdir()) == []
    assert list(place.iterdir()) == [path]


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_an_archive_is_known_by_its_contents_whatever_its_name(suffix: str, place: Path) -> None:
    path = make_archive(place / f"set{suffix}", FILES)
    assert contents(path.rename(place / "upload")) == FILES
    assert contents((place / "upload").rename(place / "other.zip")) == FILES


def test_an_old_tar_without_a_signature_is_known_by_its_name(place: Path) -> None:
    data = bytearray(make_tar(place / "set.tar", {"a.nii": b"abc"}).read_bytes())
    data[257:265] = bytes(8)
    data[148:156] = b" " * 8
    data[148:156] = b"%06o\0 " % sum(data[:512])
    (place / "set.tar").write_bytes(data)
    assert contents(place / "set.tar") == {"a.nii": b"abc"}


def test_the_temporary_folder_is_removed_after_errors_too(place: Path, temporary: Path) -> None:
    path = make_zip(place / "set.zip", FILES)

    def fail() -> None:
        with opened_input(path):
            assert len(list(temporary.iterdir())) == 1
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fail()
    assert list(temporary.iterdir()) == []


def test_the_golden_archive_has_the_names_of_its_truth() -> None:
    names = ("a/b/MRHead.nii", "a/b/MRHead/brain.nii", "a/b/MRHead/ventricle left.nii", "c/Neck.nii.gz")
    with opened_input(GOLDEN / "ex1_nested_zip/input/dataset_name.zip") as tree:
        assert (tree.names, tree.root_name) == (names, "study")


def test_one_folder_around_everything_is_stripped_once_and_two_things_are_not(place: Path) -> None:
    assert set(contents(make_zip(place / "1.zip", {"a/b/x.nii": b"1", "a/b/y.nii": b"2"}))) == {"b/x.nii", "b/y.nii"}
    assert set(contents(make_zip(place / "2.zip", {"CT/x.nii": b"1", "CT.nii": b"2"}))) == {"CT/x.nii", "CT.nii"}
    junk = {"__MACOSX/a/._x.nii": b"", "a/x.nii": b"1", ".DS_Store": b""}
    assert set(contents(make_zip(place / "3.zip", junk))) == {"x.nii"}


def test_archives_in_a_folder_appear_as_folders_beside_the_files_that_stay_where_they_are(place: Path) -> None:
    put(place, {"CT.v2.nii.gz": b"volume", "more/plain.nii": b"plain"})
    make_zip(place / "CT.v2.zip", {"lung.nii.gz": b"lung"})
    make_tar(place / "more/Case.tar.gz", {"case/x.nii": b"x"}, "w:gz")
    make_zip(place / "packed.zip", {"CT/x.nii": b"kept below its folder"})
    before = {path: path.stat().st_mtime_ns for path in place.rglob("*")}
    with opened_input(place) as tree:
        assert tree.names == (
            "CT.v2.nii.gz",
            "CT.v2/lung.nii.gz",
            "more/Case/x.nii",
            "more/plain.nii",
            "packed/CT/x.nii",
        )
        assert tree.path("CT.v2.nii.gz") == place / "CT.v2.nii.gz"
        assert not tree.path("more/Case/x.nii").is_relative_to(place)
    assert {path: path.stat().st_mtime_ns for path in place.rglob("*")} == before


def test_archives_in_archives_are_unpacked_down_to_the_limit(place: Path) -> None:
    inner = zipped({"x.nii": b"x"})
    for depth in range(3):
        inner = zipped({f"in{depth}.zip": inner, f"beside{depth}.nii": b"y"})
    path = place / "set.zip"
    path.write_bytes(inner)
    every = {"beside2.nii", "in2/beside1.nii", "in2/in1/beside0.nii", "in2/in1/in0/x.nii"}
    assert set(contents(path)) == every
    shallow = ArchiveLimits(max_depth=3)
    assert set(contents(path, shallow)) == every - {"in2/in1/in0/x.nii"}
    assert left_out(path, shallow) == {
        "in2/in1/in0.zip": "an archive within 3 others; at most 3 in all are unpacked",
    }


def test_a_plain_gz_is_no_archive(place: Path) -> None:
    put(place, {"CT.nii.gz": b"\x1f\x8bnot looked at", "notes.gz": b"\x1f\x8b"})
    assert set(contents(place)) == {"CT.nii.gz", "notes.gz"}


def test_a_file_wins_over_one_of_the_same_name_in_an_archive(place: Path) -> None:
    put(place, {"CT/x.nii": b"file"})
    make_zip(place / "CT.zip", {"x.nii": b"archived", "y.nii": b"y"})
    assert contents(place) == {"CT/x.nii": b"file", "CT/y.nii": b"y"}
    assert left_out(place) == {"CT/x.nii": "the input has another file of this name, which is kept"}
    both = make_zip(
        place.parent / "both.zip", {"CT.zip": zipped({"x.nii": b"archived"}), "CT/x.nii": b"file", "z": b""}
    )
    assert contents(both) == {"CT/x.nii": b"file", "z": b""}


def test_junk_of_systems_is_dropped_without_a_word(place: Path) -> None:
    junk = [".DS_Store", "a/Thumbs.db", "a/desktop.ini", "a/._x.nii", "__MACOSX/a/x.nii", "a/__MACOSX/b"]
    put(place, {**dict.fromkeys(junk, b"junk"), "a/x.nii": b"x"})
    assert (set(contents(place)), left_out(place)) == ({"a/x.nii"}, {})
    path = make_zip(place.parent / "set.zip", {**dict.fromkeys(junk, b"junk"), "a/x.nii": b"x"})
    assert (set(contents(path)), left_out(path)) == ({"x.nii"}, {})


@pytest.mark.skipif(os.name == "nt", reason="links need rights on Windows")
def test_links_that_lead_out_of_a_folder_are_not_followed_and_pipes_are_named(place: Path, tmp_path: Path) -> None:
    elsewhere = put(tmp_path / "elsewhere", {"x.nii": b"x"})
    put(place, {"a/y.nii": b"y"})
    (place / "linked").symlink_to(elsewhere)
    (place / "z.nii").symlink_to(elsewhere / "x.nii")
    (place / "archive.zip").symlink_to(make_zip(elsewhere / "set.zip", FILES))
    (place / "copy.nii").symlink_to(place / "a/y.nii")
    (place / "a" / "circle").symlink_to(place)
    os.mkfifo(place / "pipe.nii")
    assert contents(place) == {"a/y.nii": b"y", "copy.nii": b"y"}
    assert set(left_out(place)) == {"a/circle", "archive.zip", "linked", "pipe.nii", "z.nii"}


@pytest.mark.skipif(sys.platform != "linux", reason="other file systems take no such names")
def test_a_name_that_is_no_text_is_named_in_letters_that_every_report_can_hold(place: Path) -> None:
    with Path(os.fsdecode(os.fsencode(place) + b"/caf\xe9.nii")).open("wb"):
        pass
    put(place, {"line\nbreak.nii": b"", "x.nii": b"x"})
    assert set(contents(place)) == {"x.nii"}
    assert set(left_out(place)) == {r"caf\udce9.nii", r"line\x0abreak.nii"}


@pytest.mark.parametrize("magic", [b"7z\xbc\xaf\x27\x1c\0\4", b"Rar!\x1a\x07\x01\0", b"anything"])
@pytest.mark.parametrize("suffix", [".7z", ".rar"])
def test_7z_and_rar_are_refused_with_what_to_do(magic: bytes, suffix: str, place: Path) -> None:
    put(place, {f"set{suffix}": magic, "x.nii": b"x"})
    kind = "7z" if magic.startswith(b"7z") else "rar" if magic.startswith(b"Rar") else suffix[1:]
    told = f"{kind} archives are not read; unpack it and import the folder, or pack it as zip or tar.gz"
    with pytest.raises(UnsupportedFormatError, match="unpack it") as caught, opened_input(place / f"set{suffix}"):
        pass
    assert caught.value.reason == told
    assert left_out(place) == {f"set{suffix}": told}
    assert set(contents(place)) == {"x.nii"}


def test_inputs_that_are_not_there_or_no_archive_are_refused(place: Path) -> None:
    packed = gzip.compress(b"abc")
    put(place, {"CT.nii": b"abc", "CT.nii.gz": b"abc", "MR.NII.GZ": packed, "list.csv": b"abc"})
    with pytest.raises(DatasetError, match="no such folder or file"), opened_input(place / "nothing"):
        pass
    with (
        pytest.raises(UnsupportedFormatError, match="neither a folder nor an archive"),
        opened_input(place / "list.csv"),
    ):
        pass
    for name in ("CT.nii", "CT.nii.gz", "MR.NII.GZ"):
        with pytest.raises(UnsupportedFormatError, match="a NIfTI file; give the folder"), opened_input(place / name):
            pass


@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize("part", [0.0, 0.3, 0.6, 0.8])
def test_a_truncated_archive_fails_as_the_input_and_is_left_out_inside(suffix: str, part: float, place: Path) -> None:
    whole = make_archive(place / f"whole{suffix}", {"a.nii": os.urandom(40_000), "b.nii": os.urandom(9_000)})
    data = whole.read_bytes()
    whole.unlink()
    broken = place / f"broken{suffix}"
    broken.write_bytes(data[: int(len(data) * part)])
    put(place, {"good.nii": b"good"})
    with pytest.raises(FormatError) as caught, opened_input(broken):
        pass
    assert isinstance(caught.value, CorruptFileError)
    assert set(contents(place)) == {"good.nii"}
    assert set(left_out(place)) == {broken.name}
    outer = make_zip(place.parent / "outer.zip", {"x/good.nii": b"good", f"x/b{suffix}": broken.read_bytes()})
    assert (set(contents(outer)), set(left_out(outer))) == ({"good.nii"}, {f"b{suffix}"})


def test_an_archive_without_a_file_is_named(place: Path) -> None:
    make_zip(place / "empty.zip", {})
    make_tar(place / "junk.tar", {"__MACOSX/x": b"", "a/.DS_Store": b""})
    put(place, {"x.nii": b"x"})
    assert left_out(place) == dict.fromkeys(("empty.zip", "junk.tar"), "the archive holds no file")
    with pytest.raises(FormatError, match="holds no file"), opened_input(place / "empty.zip"):
        pass


def test_what_is_named_in_a_stripped_archive_is_named_without_the_stripped_folder(place: Path) -> None:
    path = make_zip(place / "set.zip", {"study/x.nii": b"x", "study/bad.zip": b"no zip", "../evil": b"e"})
    assert set(left_out(path)) == {"bad.zip", "../evil"}


def test_a_name_that_is_not_there_is_an_error_of_the_library(place: Path) -> None:
    with opened_input(put(place, {"x.nii": b"x"})) as tree, pytest.raises(DatasetError, match=r"y\.nii.*place"):
        tree.path("y.nii")
