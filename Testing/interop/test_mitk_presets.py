"""Presets against the real MITK: it takes what we write, and our mode ``mitk`` does what it does.

MITK's Python package offers no presets; the functions are called in its C++ library (``mitk_preset_functions``).
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from MultiLabelSegLib import Geometry, Group, Label, Segmentation, read, write
from MultiLabelSegLib.edit import History
from MultiLabelSegLib.edit.operations import rename_group, set_description, set_opacity
from MultiLabelSegLib.presets.any_preset import read_preset, write_preset
from MultiLabelSegLib.presets.apply import apply_preset
from MultiLabelSegLib.presets.preset import from_segmentation
from Testing.interop.mitk_client import MitkClient, MitkRefused, MitkSegmentation
from Testing.presets.cases import GOLDEN, base, preset_of, small

pytestmark = [
    pytest.mark.mitk,
    pytest.mark.skipif(sys.platform != "linux", reason="names of C++ functions are those of GCC on Linux"),
]
SEEDS = range(20)


def differences(mitk: MitkSegmentation, ours: Segmentation) -> list[str]:
    """What keeps both from having the same groups, labels and voxels; MITK may order labels otherwise."""
    found = []
    names = [group["name"] for group in mitk.groups], [group.name for group in ours.groups]
    values = [sorted(group["values"]) for group in mitk.groups], [sorted(group.values) for group in ours.groups]
    found += [
        f"{what}: {theirs} and {mine}"
        for what, (theirs, mine) in (("names", names), ("values", values))
        if theirs != mine
    ]
    if found:
        return found
    for index, (array, group) in enumerate(zip(mitk.arrays, ours.groups, strict=True)):
        found += [] if np.array_equal(array, group.array) else [f"voxels of group {index}"]
    for label in ours.labels:
        theirs = mitk.labels[label.value]
        fits = {
            "color": np.allclose(label.color, theirs["color"], atol=1e-6),
            "opacity": label.opacity == pytest.approx(theirs["opacity"]),
            "properties": dict(label.properties) == theirs["properties"],
        }
        for name in ("name", "locked", "visible", "description", "tracking_id", "tracking_uid"):
            fits[name] = getattr(label, name) == theirs[name]
        found += [f"{name} of label {label.value}" for name, fit in fits.items() if not fit]
    return found


def applied_differently(mitk: MitkClient, segmentation: Segmentation, preset: Path, folder: Path) -> list[str]:
    """MITK and we apply a preset; what differs afterwards.

    MITK gives up, with half of it done, when a JSON preset puts a label that exists into a group that does not: then
    that it refuses is what is compared.
    """
    write(segmentation, folder / "before.nrrd", overwrite=True)
    ours = read(folder / "before.nrrd")
    application = apply_preset(ours, read_preset(preset), "mitk")
    gives_up = any(label.preset_group >= len(ours.groups) for label in application.moved)
    gives_up = gives_up and preset.name.endswith(".mitklabel.json")
    try:
        theirs = mitk.request("load_preset", folder / "before.nrrd", preset=preset)
    except MitkRefused as error:
        return [] if gives_up else [f"MITK refuses it: {error}"]
    if gives_up:
        return ["MITK does not refuse it"]
    History(ours).do(application.command)
    return differences(theirs, ours)


def test_the_comparison_notices_every_difference(mitk: MitkClient, tmp_path: Path) -> None:
    ours = base()
    write(ours, tmp_path / "same.nrrd")
    write_preset(from_segmentation(ours), tmp_path / "same.mitklabel.json")
    theirs = mitk.request("load_preset", tmp_path / "same.nrrd", preset=tmp_path / "same.mitklabel.json")
    assert differences(theirs, ours) == []
    value = ours.labels[0].value
    history = History(ours)
    history.do(set_opacity(ours, 0.125, value))
    history.do(set_description(ours, value, "other"))
    assert differences(theirs, ours) == [f"opacity of label {value}", f"description of label {value}"]
    history.undo()
    history.undo()
    history.do(rename_group(ours, 0, "other"))
    assert differences(theirs, ours)[0].startswith("names: ")
    history.undo()
    theirs.arrays[0][0, 0, 0, 0] += 1
    assert differences(theirs, ours) == ["voxels of group 0"]


@pytest.mark.parametrize("file", ["preset.mitklabel.json", "preset.lsetp"])
def test_golden_presets_are_applied_alike(mitk: MitkClient, tmp_path: Path, file: str) -> None:
    assert applied_differently(mitk, base(), GOLDEN / file, tmp_path) == []


RICH = [
    Label(
        9, 'T "1" <&>', (0.25, 0.5, 1.0), 0.25, False, False, "id 3", "1.2.3", "line 1\nline 2", {"k": 'v"\n<', "n": -3}
    ),
    Label(70, "größer", properties={"yes": True, "d": {"type": "DoubleProperty", "value": 1.5}}),
]


@pytest.mark.parametrize("suffix", [".mitklabel.json", ".lsetp"])
def test_mitk_takes_every_field_of_what_we_write_behind_an_empty_group_too(
    mitk: MitkClient, tmp_path: Path, suffix: str
) -> None:
    write_preset(preset_of(("", []), ("Les", RICH), ("", []), ("Z", [Label(300, "z")])), tmp_path / f"p{suffix}")
    assert applied_differently(mitk, base(), tmp_path / f"p{suffix}", tmp_path) == []
    found = mitk.request("load_preset", GOLDEN / "base.nrrd", preset=tmp_path / f"p{suffix}")
    assert found.labels[9]["description"] == "line 1\nline 2"
    assert found.labels[300]["group"] == 3


def test_without_the_placeholder_mitk_would_lose_the_layers_behind_an_empty_one(
    mitk: MitkClient, tmp_path: Path
) -> None:
    path = tmp_path / "p.lsetp"
    write_preset(preset_of(("", []), ("", RICH)), path)
    text = path.read_text(encoding="utf-8")
    start = text.index("<Label>")
    path.write_text(text[:start] + text[text.index("</Layer>") :], encoding="utf-8")
    found = mitk.request("load_preset", GOLDEN / "base.nrrd", preset=path)
    assert 70 not in found.labels
    assert [label.value for label in read_preset(path).labels] == [9, 70]


def test_presets_that_mitk_saves_are_read(mitk: MitkClient, tmp_path: Path) -> None:
    path = tmp_path / "saved.mitklabel.json"
    mitk.request("save_preset", GOLDEN / "base.nrrd", preset=path)
    assert read_preset(path).groups == from_segmentation(base()).groups


def test_our_json_is_what_mitk_saves(mitk: MitkClient, tmp_path: Path) -> None:
    mitk.request("save_preset", GOLDEN / "base.nrrd", preset=tmp_path / "theirs.mitklabel.json")
    write_preset(from_segmentation(base()), tmp_path / "ours.mitklabel.json")
    theirs = (tmp_path / "theirs.mitklabel.json").read_text(encoding="utf-8")
    ours = (tmp_path / "ours.mitklabel.json").read_text(encoding="utf-8")
    assert json.loads(ours.replace("0.6,", "0.6000000238418579,")) == json.loads(theirs)


@pytest.mark.parametrize("text", ["{", '{"groups": [], "version": 5}', "<Other/>"])
def test_what_mitk_refuses_we_refuse(mitk: MitkClient, tmp_path: Path, text: str) -> None:
    (tmp_path / "p.mitklabel.json").write_text(text)
    with pytest.raises(MitkRefused):
        mitk.request("load_preset", GOLDEN / "base.nrrd", preset=tmp_path / "p.mitklabel.json")
    from MultiLabelSegLib.errors import PresetError

    with pytest.raises(PresetError):
        read_preset(tmp_path / "p.mitklabel.json")


def random_preset(rng: np.random.Generator) -> dict[str, Any]:
    """JSON of up to four groups with few values, so that they meet those of the segmentation in all ways."""
    values = rng.permutation(np.arange(1, 12))[: rng.integers(0, 8)].tolist()
    groups: list[Any] = [{"labels": []} for _ in range(int(rng.integers(1, 5)))]
    for value in values:
        label: dict[str, Any] = {"value": value, "name": f"P{value}"}
        for key, choice in (("color", [0.25, 0.5, 1.0]), ("locked", False), ("opacity", 0.5), ("k", "v")):
            if rng.random() < 0.5:
                label[key] = choice
        groups[int(rng.integers(len(groups)))]["labels"].append(label)
    for group in groups:
        if rng.random() < 0.5:
            group["name"] = f"N{rng.integers(3)}"
    return {"groups": [group if group.get("name") or group["labels"] else None for group in groups], "version": 4}


def random_segmentation(rng: np.random.Generator) -> Segmentation:
    groups = []
    values = rng.permutation(np.arange(1, 12))[:6].tolist()
    for index in range(2):
        mine = values[index * 3 : index * 3 + 3]
        array = rng.choice(np.array([0, *mine], np.uint16), (1, 2, 3, 4))
        labels = [
            Label(v, f"S{v}", (0, 0, 1), 0.5, True, False, "tracked", "1.2", "text", {"own": "o"}) for v in sorted(mine)
        ]
        groups.append(Group(array, labels, f"G{index}"))
    return Segmentation(Geometry.from_parts((2, 3, 4)), groups)


@pytest.mark.parametrize("seed", SEEDS)
def test_random_json_presets_are_applied_alike(mitk: MitkClient, tmp_path: Path, seed: int) -> None:
    rng = np.random.default_rng(seed)
    (tmp_path / "p.mitklabel.json").write_text(json.dumps(random_preset(rng)))
    assert applied_differently(mitk, random_segmentation(rng), tmp_path / "p.mitklabel.json", tmp_path) == []


@pytest.mark.parametrize("seed", SEEDS)
def test_random_xml_presets_are_applied_alike(mitk: MitkClient, tmp_path: Path, seed: int) -> None:
    rng = np.random.default_rng(seed)
    (tmp_path / "p.json").write_text(json.dumps(random_preset(rng)))
    write_preset(read_preset(tmp_path / "p.json"), tmp_path / "p.lsetp")
    assert applied_differently(mitk, random_segmentation(rng), tmp_path / "p.lsetp", tmp_path) == []


def test_voxels_without_a_label_keep_their_value_in_mitk_too(mitk: MitkClient, tmp_path: Path) -> None:
    write_preset(preset_of(("A", [Label(7, "seven")])), tmp_path / "p.mitklabel.json")
    assert applied_differently(mitk, small(), tmp_path / "p.mitklabel.json", tmp_path) == []
