"""``mlseg preset`` and the options of ``mlseg convert`` that change labels, as their users type them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import MultiLabelSegLib as mls
from MultiLabelSegLib.core.compare import compare
from MultiLabelSegLib.presets.any_preset import read_preset
from Testing.formats.mitk_truth import assert_is_truth
from Testing.presets.cases import GOLDEN

PRESET = GOLDEN / "preset.mitklabel.json"


# ---- save -------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("suffix", [".mitklabel.json", ".lsetp"])
def test_a_saved_preset_gives_its_labels_to_another_segmentation(mlseg, seg_nrrd: Path, suffix: str) -> None:
    preset = seg_nrrd.with_name(f"organs{suffix}")
    answer = mlseg("preset", "save", seg_nrrd, "-o", preset)
    assert answer.code == (3 if suffix == ".lsetp" else 0)
    assert f"wrote {preset}: 2 groups, 3 labels" in answer.out
    assert ("names of groups ('Organs', 'Lesions')" in answer.err) == (suffix == ".lsetp")
    mls.write(mls.new(mls.read(seg_nrrd)), seg_nrrd.with_name("empty.nrrd"))
    out = seg_nrrd.with_name("out.nrrd")
    assert mlseg("preset", "apply", preset, "-i", seg_nrrd.with_name("empty.nrrd"), "-o", out).code == 0
    assert mls.read(out).labels == mls.read(seg_nrrd).labels


def test_a_preset_is_not_overwritten_unless_asked(mlseg, seg_nrrd: Path) -> None:
    preset = seg_nrrd.with_name("p.mitklabel.json")
    preset.write_text("mine")
    answer = mlseg("preset", "save", seg_nrrd, "-o", preset)
    assert (answer.code, preset.read_text()) == (1, "mine")
    assert "--overwrite" in answer.err
    assert mlseg("preset", "save", seg_nrrd, "-o", preset, "--overwrite").code == 0
    assert len(read_preset(preset).labels) == 3


def test_other_names_of_presets_are_a_wrong_usage(mlseg, seg_nrrd: Path) -> None:
    assert mlseg("preset", "save", seg_nrrd, "-o", seg_nrrd.with_name("p.txt")).code == 2


# ---- apply ------------------------------------------------------------------------------------------------------
def test_mode_mitk_writes_what_mitk_makes(mlseg, tmp_path: Path) -> None:
    answer = mlseg("preset", "apply", PRESET, "-i", GOLDEN / "base.nrrd", "-o", tmp_path / "o.nrrd", "--mode", "mitk")
    assert answer.code == 0
    assert_is_truth(mls.read(tmp_path / "o.nrrd"), GOLDEN, "truth_json")


def test_what_was_done_is_said(mlseg, tmp_path: Path) -> None:
    answer = mlseg("preset", "apply", PRESET, "-i", GOLDEN / "base.nrrd", "-o", tmp_path / "o.nrrd")
    assert answer.out.splitlines() == [
        "changed: 2 labels (1, 9)",
        "added empty: 2 labels (77, 100)",
        "added groups: 2",
        "group 0 'Organs' is named 'Organs 2'",
        f"wrote {tmp_path / 'o.nrrd'}",
    ]
    quiet = mlseg("preset", "apply", PRESET, "-i", GOLDEN / "base.nrrd", "-o", tmp_path / "q.nrrd", "-q")
    assert (quiet.code, quiet.out) == (0, "")


def test_labels_in_other_groups_stay_with_their_voxels_or_the_job_is_refused(mlseg, seg_nrrd: Path) -> None:
    table = seg_nrrd.with_name("table.csv")
    table.write_text("value,name\n700,Tumour\n", encoding="utf-8")
    out = seg_nrrd.with_name("o.nrrd")
    answer = mlseg("preset", "apply", table, "-i", seg_nrrd, "-o", out)
    assert "label 700 'Tumour' stays in group 1; the preset has it in group 0" in answer.out
    assert (mls.read(out)["Tumour"].color, mls.read(out).voxels(700)) == ((1, 0, 0), 2)
    refused = mlseg("preset", "apply", table, "-i", seg_nrrd, "-o", out, "--mode", "refuse", "--overwrite")
    assert refused.code == 1
    assert "700 'Tumour'" in refused.err
    assert mls.read(out).voxels(700) == 2
    moved = mlseg("preset", "apply", table, "-i", seg_nrrd, "-o", out, "--mode", "mitk", "--overwrite")
    assert "its 2 voxels are deleted" in moved.out
    assert mls.read(out).voxels(700) == 0


def test_the_input_is_never_changed(mlseg, seg_nrrd: Path) -> None:
    before = seg_nrrd.read_bytes()
    answer = mlseg("preset", "apply", PRESET, "-i", seg_nrrd, "-o", seg_nrrd, "--overwrite")
    assert (answer.code, seg_nrrd.read_bytes()) == (1, before)
    assert "is an input" in answer.err


def test_a_wrong_preset_is_one_line_with_file_and_entry(mlseg, seg_nrrd: Path) -> None:
    wrong = seg_nrrd.with_name("wrong.json")
    wrong.write_text('{"groups": [{"labels": [{"value": 70000}]}]}')
    answer = mlseg("preset", "apply", wrong, "-i", seg_nrrd, "-o", seg_nrrd.with_name("o.nrrd"))
    assert answer.code == 1
    assert f"{wrong}: groups[0].labels[0].value: found 70000" in answer.err
    assert len(answer.err.splitlines()) == 1


# ---- show -------------------------------------------------------------------------------------------------------
def test_show_lists_groups_and_labels(mlseg) -> None:
    lines = mlseg("preset", "show", PRESET).out.splitlines()
    assert lines[0] == f"{PRESET}  3 groups"
    assert lines[2:5] == ["group 0  Organs 2", "       1  #0000ff  LIVER new", "      77  #808000  Added  locked"]
    assert "       9  #ffffff  Tumor!  locked hidden  (from preset)" in lines


def test_show_as_json_says_what_is_stated(mlseg, tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("value,name\n5,a\n")
    shown = json.loads(mlseg("preset", "show", tmp_path / "t.csv", "--json").out)
    (label,) = shown["groups"][0]["labels"]
    assert (label["value"], label["name"], label["stated"]) == (5, "a", ["name", "value"])
    assert shown["source"] == str(tmp_path / "t.csv")


@pytest.mark.parametrize(
    "arguments", [[], ["load"], ["save", "x"], ["apply", "p", "-i", "s", "-o", "o", "--mode", "x"]]
)
def test_wrong_usage_ends_with_2(mlseg, arguments: list[str]) -> None:
    assert mlseg("preset", *arguments).code == 2


# ---- convert ----------------------------------------------------------------------------------------------------
def test_a_preset_gives_values_and_colours_as_a_schema(mlseg, seg_nrrd: Path) -> None:
    schema = seg_nrrd.with_name("schema.lsetp")
    source = mls.read(seg_nrrd)
    labels = [mls.Label(value, name, (0, 0, 1)) for value, name in enumerate(("Liver", "Empty", "Tumör"), 11)]
    example = mls.Segmentation(source.geometry, [mls.Group(source.groups[0].array * 0, labels)])
    mls.write(example, seg_nrrd.with_name("example.nrrd"))
    mlseg("preset", "save", seg_nrrd.with_name("example.nrrd"), "-o", schema)
    out = seg_nrrd.with_name("c.nrrd")
    answer = mlseg("convert", "-i", seg_nrrd, "-o", out, "--values", "schema", "--schema", schema)
    assert answer.code == 0
    assert [(label.value, label.name) for label in mls.read(out).labels] == [
        (11, "Liver"),
        (12, "Empty"),
        (13, "Tumör"),
    ]
    assert mls.read(out)["Liver"].color == source["Liver"].color
    again = mlseg("convert", "-i", seg_nrrd, "-o", out, "--overwrite", "--colors", "schema", "--schema", schema)
    assert again.code == 0
    assert [(label.value, label.color) for label in mls.read(out).labels] == [(v, (0, 0, 1)) for v in (3, 40, 700)]


@pytest.mark.parametrize("options", [["--values", "schema"], ["--colors", "schema"], ["--schema", "x.csv"]])
def test_a_schema_and_what_it_is_for_belong_together(mlseg, seg_nrrd: Path, options: list[str]) -> None:
    answer = mlseg("convert", "-i", seg_nrrd, "-o", seg_nrrd.with_name("c.nrrd"), *options)
    assert answer.code == 2
    assert "together with --schema FILE" in answer.err


def test_a_map_renames_and_renumbers_and_the_tables_are_printed_and_kept(mlseg, seg_nrrd: Path) -> None:
    table, out = seg_nrrd.with_name("map.csv"), seg_nrrd.with_name("c.nrrd")
    table.write_text("from_name,from_value,to_name,to_value\nLiver,,Leber,700\n,700,,3\nnobody,,x,\n", encoding="utf-8")
    answer = mlseg("convert", "-i", seg_nrrd, "-o", out, "--map", table)
    assert answer.code == 0
    assert {"value 3 -> 700", "value 700 -> 3", "name of 3 'Liver' -> 'Leber'"} <= set(answer.out.splitlines())
    assert "no label is meant by line 4 ('nobody')" in answer.out
    read = mls.read(out)
    assert [(label.value, label.name) for label in read.labels] == [(700, "Leber"), (40, "Empty"), (3, "Tumör")]
    assert (read.voxels(700), read.voxels(3)) == (24, 2)
    kept = json.loads(Path(f"{out}.mlseg.json").read_text(encoding="utf-8"))
    assert kept["values"] == {"3": 700, "700": 3}
    assert read.extras["renamed_from"] == {"700": "Liver"}


def test_a_map_back_restores_everything(mlseg, seg_nrrd: Path) -> None:
    for name, rows in (("there", "Liver,3,Leber,900\nTumör,,Tumor,\n"), ("back", "Leber,,Liver,3\nTumor,700,Tumör,\n")):
        seg_nrrd.with_name(f"{name}.csv").write_text(rows, encoding="utf-8")
    there, back = seg_nrrd.with_name("there.nrrd"), seg_nrrd.with_name("back.nrrd")
    assert mlseg("convert", "-i", seg_nrrd, "-o", there, "--map", seg_nrrd.with_name("there.csv")).code == 0
    assert mlseg("convert", "-i", there, "-o", back, "--map", seg_nrrd.with_name("back.csv")).code == 0
    restored, source = mls.read(back), mls.read(seg_nrrd)
    restored.extras.clear()
    assert compare(source, restored).identical


def test_map_and_values_join_into_one_table(mlseg, seg_nrrd: Path) -> None:
    table, out = seg_nrrd.with_name("map.csv"), seg_nrrd.with_name("c.nrrd")
    table.write_text(",3,,500\n,40,,2\n", encoding="utf-8")
    answer = mlseg("convert", "-i", seg_nrrd, "-o", out, "--map", table, "--values", "consecutive")
    assert [line for line in answer.out.splitlines() if line.startswith("value")] == [
        "value 3 -> 2",
        "value 40 -> 1",
        "value 700 -> 3",
    ]
    assert [(label.value, label.name) for label in mls.read(out).labels] == [(2, "Liver"), (1, "Empty"), (3, "Tumör")]


def test_a_wrong_map_is_refused_by_line_and_nothing_is_written(mlseg, seg_nrrd: Path) -> None:
    table = seg_nrrd.with_name("map.csv")
    table.write_text("Liver,,,x\n", encoding="utf-8")
    answer = mlseg("convert", "-i", seg_nrrd, "-o", seg_nrrd.with_name("c.nrrd"), "--map", table)
    assert answer.code == 1
    assert "line 1: to_value: 'x' is not a label value" in answer.err
    assert not seg_nrrd.with_name("c.nrrd").exists()
