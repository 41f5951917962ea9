"""Environments with stand-ins for nnU-Net and TotalSegmentator, trained models, images: what their pages need."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from MultiLabelSegLib.core import Group, Image, Label, Segmentation
from MultiLabelSegLib.host.headless import HeadlessHost
from Testing.external import fake_nnunet, fake_totalsegmentator
from Testing.external.conftest import GRID, REGIONS, TWO, a_model
from Testing.external.fake_environment import add_program, an_environment, without_place
from Testing.external.totalsegmentator_files import write_package

KEY = "aca_12345678901234"


def moving_images() -> dict[str, Image]:
    """A CT with two frames: 1 and 3 in the first voxel."""
    where = GRID.with_time(2)
    array = np.zeros(where.full_shape, np.float32)
    array[:, 0, 0, 0] = (1, 3)
    return {"CT": Image(array, where)}


def images() -> dict[str, Image]:
    """CT: 1, 2, 3 in the first row of the first two slices. PET: bright in the first column of the first row."""
    ct, pet = np.zeros(GRID.full_shape, np.float32), np.zeros(GRID.full_shape, np.float32)
    ct[0, :2, 0, :3] = (1, 2, 3)
    pet[0, :, 0, 0] = 100
    return {"CT": Image(ct, GRID), "PET": Image(pet, GRID)}


def a_document(time_steps: int = 1) -> Segmentation:
    """One label of the user's own, locked, where the programs find something too."""
    where = GRID.with_time(time_steps)
    array = np.zeros(where.full_shape, np.uint8)
    array[0, 0, 0, :2] = 1
    return Segmentation(where, [Group(array, [Label(1, "Mine", (1.0, 0.5, 0.0))], "By hand")])


class Place:
    """A home of its own below a folder: two environments, a folder of results, a cache."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.folder = folder
        without_place(monkeypatch, folder / "home")
        for name in ("nnUNet_results", "RESULTS_FOLDER", "MLSEG_TOTALSEGMENTATOR_LICENSE", "TOTALSEG_HOME_DIR"):
            monkeypatch.delenv(name, raising=False)
        monkeypatch.setenv("MLSEG_CACHE_DIR", str(folder / "cache"))
        monkeypatch.setenv("FAKE_CALLS", str(folder / "calls.jsonl"))
        self.nnunet = an_environment(folder / "home" / "envs" / "nnunet", {"nnunetv2": "2.8.1"})
        for name in fake_nnunet.PARSERS:
            add_program(self.nnunet, name, Path(fake_nnunet.__file__))
        self.total = an_environment(folder / "home" / "envs" / "total", {"totalsegmentator": "2.18.0"})
        write_package(self.total)
        add_program(self.total, "TotalSegmentator", Path(fake_totalsegmentator.__file__))
        self.results = folder / "results"
        self.two = a_model(self.results, "Dataset901_Two", TWO)
        a_model(self.results, "Dataset901_Two", TWO, "2d", ("0", "1", "all"))
        self.regions = a_model(self.results, "Dataset902_Regions", REGIONS, folds=("all",))

    def host(self, moving: bool = False) -> HeadlessHost:
        """A host with both images that remembers the results folder; environments are found where they lie."""
        host = HeadlessHost(moving_images() if moving else images())
        host.preferences.save({"nnunet_results_path": str(self.results)})
        return host

    def calls(self) -> str:
        """What the programs were called with."""
        found = [self.results / "calls.jsonl", self.folder / "calls.jsonl"]
        return "".join(path.read_text() for path in found if path.exists())
