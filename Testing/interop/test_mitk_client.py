"""The way to the real MITK itself: it answers, it says why it refuses, and a crash does not end the tests."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from MultiLabelSegLib.core import Geometry
from MultiLabelSegLib.formats.nrrd import geometry_fields, write_nrrd
from Testing.interop.mitk_client import MitkClient, MitkCrashed, MitkRefused

pytestmark = pytest.mark.mitk
_KEY = "org.mitk.multilabel.segmentation."
_LABEL = '{"name":"Läsion \\"1\\"","value":3,"color":[1.0,0.5,0.0]%s}'


def write(path: Path, extra: str = "") -> Path:
    array = np.zeros((1, 2, 3, 4), np.uint16)
    array[0, 1, 2, 3] = 3
    keys = {
        "modality": "org.mitk.multilabel.segmentation",
        _KEY + "version": "3",
        _KEY + "labelgroups": f'[{{"labels":[{_LABEL % extra}],"name":"G"}},null]',
        _KEY + "unlabeledlabellock": "0",
    }
    geometry = Geometry.from_parts((2, 3, 4), (1, 2, 3), (4, 5, 6))
    write_nrrd(path, geometry_fields(geometry, 2), keys, [array, np.zeros_like(array)])
    return path


def test_mitk_describes_what_it_loaded_and_saves_it(mitk: MitkClient, tmp_path: Path) -> None:
    found = mitk.load(write(tmp_path / "ä b.nrrd"), save=tmp_path / "again.nrrd")
    assert [array.shape for array in found.arrays] == [(1, 2, 3, 4)] * 2
    assert found.arrays[0][0, 1, 2, 3] == 3
    assert found.groups == [{"name": "G", "values": [3]}, {"name": "", "values": []}]
    assert found.labels[3]["name"] == 'Läsion "1"'
    assert (found.spacing, found.origin) == ([1, 2, 3], [4, 5, 6])
    assert (tmp_path / "again.nrrd").read_bytes().startswith(b"NRRD0004")


def test_operations_change_voxels(mitk: MitkClient, tmp_path: Path) -> None:
    path = write(tmp_path / "a.nrrd")
    assert not mitk.request("erase", path, labels=[3]).arrays[0].any()
    assert mitk.request("rename", path, label=3, name="N", color=[0, 0, 1]).labels[3]["name"] == "N"
    assert mitk.request("remove", path, labels=[3]).labels == {}
    assert len(mitk.request("remove_group", path, group=1).groups) == 1


def test_a_refusal_carries_mitks_words(mitk: MitkClient, tmp_path: Path) -> None:
    with pytest.raises(MitkRefused, match="Cannot create property instance"):
        mitk.load(write(tmp_path / "a.nrrd", ',"p":{"type":"NoSuchProperty","value":4}'))


def test_mitk_comes_back_after_a_crash(mitk: MitkClient, tmp_path: Path) -> None:
    crash = write(tmp_path / "crash.nrrd", ',"p":{"type":"LevelWindowProperty","value":{"CurrentSettings":{}}}')
    with pytest.raises((MitkCrashed, MitkRefused)):
        mitk.load(crash)
    mitk._process.kill()  # type: ignore[union-attr]
    with pytest.raises(MitkCrashed):
        mitk.load(write(tmp_path / "fine.nrrd"))
    assert list(mitk.load(tmp_path / "fine.nrrd").labels) == [3]
