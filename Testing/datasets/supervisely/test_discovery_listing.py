"""The names of a folder: what is listed, what is passed over, and links that lead out."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from MultiLabelSegLib.datasets.supervisely.discovery.data_sets import discover
from MultiLabelSegLib.datasets.supervisely.discovery.listing import list_files
from MultiLabelSegLib.errors import DatasetError

from .discovered import masks_of, reasons


@pytest.fixture
def a_folder(tmp_path: Path) -> Path:
    """A volume with a mask, junk of systems and one odd file."""
    root = tmp_path / "CT"
    for name in ("CT.nii", "CT/lung.nii", "CT/._lung.nii", ".DS_Store", "__MACOSX/CT.nii", "Thumbs.db", "notes.md"):
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"")
    (root / "empty").mkdir()
    return root


def test_files_are_listed_and_junk_is_not(a_folder: Path) -> None:
    listing = list_files(a_folder)
    assert listing.names == ["CT.nii", "CT/lung.nii", "notes.md"]
    assert not listing.left_out


def test_a_root_called_like_its_volume_changes_nothing(a_folder: Path) -> None:
    (a_folder / "PET.nii").write_bytes(b"")
    (a_folder / "CT" / "lung.nii").unlink()
    cases = discover(a_folder)
    assert masks_of(cases) == {"CT.nii": [], "PET.nii": []}
    assert set(reasons(cases)) == {"notes.md"}


def test_links_out_of_the_root_and_to_folders_are_named_and_not_followed(a_folder: Path, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "secret.nii").write_bytes(b"")
    try:
        (a_folder / "out.nii").symlink_to(outside / "secret.nii")
    except OSError:
        pytest.skip("this system does not let us make links")
    (a_folder / "outside").symlink_to(outside, target_is_directory=True)
    (a_folder / "loop").symlink_to(a_folder, target_is_directory=True)
    (a_folder / "gone.nii").symlink_to(a_folder / "nowhere.nii")
    (a_folder / "copy.nii").symlink_to(a_folder / "CT.nii")
    listing = list_files(a_folder)
    assert listing.names == ["CT.nii", "CT/lung.nii", "copy.nii", "notes.md"]
    found = {remark.path: remark.reason for remark in listing.left_out}
    assert set(found) == {"out.nii", "outside", "loop", "gone.nii"}
    assert "leads out" in found["out.nii"]
    assert "leads out" in found["outside"]
    assert set(reasons(discover(a_folder))) == {*found, "notes.md"}


def test_a_root_behind_a_link_is_listed(a_folder: Path, tmp_path: Path) -> None:
    link = tmp_path / "link"
    try:
        link.symlink_to(a_folder, target_is_directory=True)
    except OSError:
        pytest.skip("this system does not let us make links")
    assert list_files(link).names == list_files(a_folder).names


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes on this system")
def test_what_is_no_file_is_named(a_folder: Path) -> None:
    os.mkfifo(a_folder / "pipe.nii")
    assert [remark.path for remark in list_files(a_folder).left_out] == ["pipe.nii"]


def test_a_root_that_is_no_folder_is_refused(a_folder: Path) -> None:
    with pytest.raises(DatasetError, match="found a file, expected a folder"):
        discover(a_folder / "CT.nii")
    with pytest.raises(DatasetError, match="found nothing, expected a folder"):
        discover(a_folder / "missing")


def test_the_package_gives_discover() -> None:
    import MultiLabelSegLib.datasets.supervisely as package

    assert package.discover is discover
    assert {"discover", "discover_names"} <= set(dir(package))
