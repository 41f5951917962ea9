"""Stacks come back as they were: the corpus of the real MITK, and every combination of options."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import nibabel as nib
import numpy as np
import pytest
import SimpleITK as sitk
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from MultiLabelSegLib import compiled
from MultiLabelSegLib.core import Geometry, Group, Label, Segmentation
from MultiLabelSegLib.errors import OptionError, UnsupportedFormatError, WriteError
from MultiLabelSegLib.formats import many_files
from MultiLabelSegLib.formats.base import ReadRequest, WriteRequest
from MultiLabelSegLib.formats.mitk_stack import FORMAT
from MultiLabelSegLib.formats.options import make_options
from MultiLabelSegLib.formats.report import Report
from MultiLabelSegLib.formats.staging import Stage
from Testing.formats.stack_cases import (
    GEOMETRY,
    SHAPE,
    a_segmentation,
    assert_same,
    first_array,
    read_stack,
    second_array,
    write_stack,
)

GOLDEN = Path(__file__).parents[1] / "golden" / "mitk"
STACKS = sorted(path for path in GOLDEN.glob("*/*.mitklabel.json") if path.parent.name != "presets")
SUFFIXES = (".nii.gz", ".nii", ".nrrd", ".mha", ".mhd", ".gipl", ".gipl.gz")
OPTIONS = [("instance", "original"), ("instance", "binary"), ("group", "original")]
OBLIQUE = Geometry.from_parts(
    SHAPE, (0.8, 1.5, 2.25), (-12.5, 33.0, 70.25), np.linalg.qr(np.random.default_rng(3).normal(size=(3, 3)))[0]
)


# ---- the corpus -------------------------------------------------------------------------------------------------
def test_the_corpus_has_a_stack_of_every_kind() -> None:
    assert {path.parent.name for path in STACKS} == {
        "one_slice", "stack_binary_nii", "stack_group_nii", "stack_group_nrrd", "stack_instance", "stack_mixed",
    }  # fmt: skip


@pytest.mark.parametrize("path", STACKS, ids=lambda path: path.parent.name)
def test_a_stack_of_the_corpus_is_read_with_exactly_its_truth(path: Path) -> None:
    truth = json.loads((path.parent / "truth.json").read_text(encoding="utf-8"))
    arrays = np.load(path.parent / "truth.npz")
    report = Report()
    found = read_stack(path, report)
    assert report.notes == report.left_out == []
    assert np.allclose(found.geometry.spacing, truth["spacing"], atol=1e-9)
    assert np.allclose(found.geometry.origin, truth["origin"], atol=1e-9)
    assert np.allclose(found.geometry.direction, truth["direction"], atol=1e-9)
    assert found.geometry.time_steps == truth["time_steps"]
    assert [(group.name, list(group.values)) for group in found.groups] == [
        (group["name"], group["labels"]) for group in truth["groups"]
    ]
    for index, group in enumerate(found.groups):
        assert np.array_equal(group.array, arrays[f"group_{index}"].reshape(group.shape))
    for expected in truth["labels"]:
        label = found.label(expected["value"])
        for key in ("name", "locked", "visible", "description", "tracking_id", "tracking_uid"):
            assert getattr(label, key) == expected[key], key
        assert np.allclose([*label.color, label.opacity], [*expected["color"], expected["opacity"]])
        assert label.properties == expected["properties"]
        assert found.group_index_of(label.value) == expected["group"]
    # MITK mints the series' UID anew in every object
    minted = {"DICOM.0020.000E"}
    wanted = {key: value for key, value in truth["properties"].items() if key not in minted | {"path"}}
    if found.properties:
        assert {key: value for key, value in found.properties.items() if key not in minted} == wanted


# ---- round trips ------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(("strategy", "value"), OPTIONS)
@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize("kernels", ["never", "always"])
def test_every_strategy_value_and_suffix_makes_the_round_trip(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, strategy: str, value: str, suffix: str, kernels: str
) -> None:
    monkeypatch.setenv("MLSEG_KERNELS", kernels)
    segmentation = a_segmentation(geometry=GEOMETRY if "gipl" in suffix else OBLIQUE)
    path = write_stack(
        segmentation,
        tmp_path / "Größe 1.mitklabel.json",
        save_strategy=strategy,
        instance_value=value,
        image_suffix=suffix,
    )
    report = Report()
    assert_same(segmentation, read_stack(path, report))
    assert report.notes == report.left_out == []


@pytest.mark.parametrize(("strategy", "value"), OPTIONS)
@pytest.mark.parametrize("suffix", [suffix for suffix in SUFFIXES if "gipl" not in suffix])
@pytest.mark.parametrize("bounds", [None, (0.0, 5.0, 10.0), (0.0, 1.5, 4.0)])
def test_frames_and_their_times_make_the_round_trip(
    tmp_path: Path, strategy: str, value: str, suffix: str, bounds: tuple[float, ...] | None
) -> None:
    segmentation = a_segmentation(2, OBLIQUE.with_time(2, bounds))
    path = write_stack(segmentation, tmp_path / f"a{suffix}", save_strategy=strategy, instance_value=value)
    assert_same(segmentation, read_stack(path))


values = st.lists(st.integers(1, 65535), min_size=1, max_size=6, unique=True)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    values=values,
    shape=st.tuples(*[st.integers(1, 7)] * 4),
    seed=st.integers(0, 10**6),
    options=st.sampled_from(OPTIONS),
    suffix=st.sampled_from((".nii.gz", ".nrrd", ".mha")),
    groups=st.integers(1, 3),
)
def test_any_segmentation_makes_the_round_trip(
    tmp_path: Path,
    values: list[int],
    shape: tuple[int, int, int, int],
    seed: int,
    options: tuple[str, str],
    suffix: str,
    groups: int,
) -> None:
    random = np.random.default_rng(seed)
    made = []
    for index in range(groups):
        own = values[index::groups]
        array = random.choice([0, 0, *own], shape).astype(np.uint16)
        made.append(Group(array, [Label(value, f"n{value}") for value in own], f"g{index}"))
    segmentation = Segmentation(Geometry.from_parts(shape[1:], time_steps=shape[0]), made)
    path = write_stack(segmentation, tmp_path / f"a{suffix}", save_strategy=options[0], instance_value=options[1])
    assert_same(segmentation, read_stack(path))


# ---- what the files are -----------------------------------------------------------------------------------------
def written_names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_names_and_json_are_mitks(tmp_path: Path) -> None:
    write_stack(a_segmentation(), tmp_path / "MySeg.nii.gz")
    assert written_names(tmp_path) == [
        "MySeg.mitklabel.json", "MySeg_group_2.nii.gz", "MySeg_group_3.nii.gz", "MySeg_label_1.nii.gz",
        "MySeg_label_300.nii.gz", "MySeg_label_40.nii.gz", "MySeg_label_5.nii.gz", "MySeg_label_65535.nii.gz",
        "MySeg_label_7.nii.gz", "MySeg_label_9.nii.gz",
    ]  # fmt: skip
    text = (tmp_path / "MySeg.mitklabel.json").read_text(encoding="utf-8")
    data = json.loads(text)
    assert text == json.dumps(data, indent=4, sort_keys=True, ensure_ascii=False) + "\n"
    assert (data["type"], data["version"], data["uid"]) == ("org.mitk.multilabel.segmentation.stack", 3, "uid-1")
    assert data["groups"][0]["labels"][0]["_file"] == "./MySeg_label_1.nii.gz"
    assert "_file" not in data["groups"][0]
    assert data["groups"][2]["_file"] == "./MySeg_group_2.nii.gz"
    assert "_file_value" not in text
    assert data["properties"]["IntProperty"] == {"n": 2}


def test_file_values_are_stated_for_binary_masks_only_where_the_label_is_not_1(tmp_path: Path) -> None:
    path = write_stack(
        a_segmentation(), tmp_path / "a.nii.gz", **{"Instance value": "BINARY", "Save strategy": "Instance"}
    )
    labels = [label for group in json.loads(path.read_text("utf-8"))["groups"] for label in group.get("labels", [])]
    assert {label["value"]: label.get("_file_value") for label in labels} == {
        1: None, 300: 1, 40: 1, 5: 1, 65535: 1, 7: 1, 9: 1,
    }  # fmt: skip
    for value in (1, 300, 65535):
        assert nib.load(tmp_path / f"a_label_{value}.nii.gz").get_fdata().max() == 1


def test_the_group_strategy_writes_one_image_a_group(tmp_path: Path) -> None:
    path = write_stack(a_segmentation(), tmp_path / "a.nrrd", save_strategy="group")
    assert written_names(tmp_path) == ["a.mitklabel.json", *(f"a_group_{index}.nrrd" for index in range(5))]
    data = json.loads(path.read_text("utf-8"))
    assert [group["_file"] for group in data["groups"]] == [f"./a_group_{index}.nrrd" for index in range(5)]
    assert not any("_file" in label for group in data["groups"] for label in group.get("labels", []))


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_simpleitk_reads_every_image_as_uint16_with_the_labels_own_voxels(tmp_path: Path, suffix: str) -> None:
    write_stack(a_segmentation(), tmp_path / f"a{suffix}")
    for value, array in ((1, first_array()), (300, first_array()), (65535, second_array()), (7, second_array())):
        image = sitk.ReadImage(str(tmp_path / f"a_label_{value}{suffix}"))
        assert image.GetPixelID() == sitk.sitkUInt16
        assert np.array_equal(sitk.GetArrayFromImage(image), np.where(array == value, value, 0))
        assert np.allclose(image.GetSpacing(), GEOMETRY.spacing)
        assert np.allclose(image.GetOrigin(), GEOMETRY.origin)
    empty = sitk.GetArrayFromImage(sitk.ReadImage(str(tmp_path / f"a_label_5{suffix}")))
    assert empty.shape == SHAPE
    assert not empty.any()


def test_nibabel_reads_the_images(tmp_path: Path) -> None:
    write_stack(a_segmentation(geometry=OBLIQUE), tmp_path / "a.nii")
    image = nib.load(tmp_path / "a_label_300.nii")
    assert image.get_data_dtype() == np.uint16
    assert np.array_equal(np.asarray(image.dataobj).T, np.where(first_array() == 300, 300, 0))
    assert np.allclose(image.affine, OBLIQUE.ijk_to_ras, atol=1e-5)


@pytest.mark.parametrize(
    ("name", "json_name", "image"),
    [
        ("x.nii.gz", "x.mitklabel.json", "x_label_1.nii.gz"),
        ("x.y.nii.gz", "x.mitklabel.json", "x_label_1.nii.gz"),
        ("x.NRRD", "x.mitklabel.json", "x_label_1.nrrd"),
        ("x.mitklabel.json", "x.mitklabel.json", "x_label_1.nii.gz"),
        ("x.y.mitklabel.json", "x.y.mitklabel.json", "x.y_label_1.nii.gz"),
        ("x", "x.mitklabel.json", "x_label_1.nii.gz"),
    ],
)
def test_the_stem_ends_at_the_first_dot_of_an_image_and_before_the_suffix_of_a_json(
    tmp_path: Path, name: str, json_name: str, image: str
) -> None:
    segmentation = Segmentation(GEOMETRY, [Group(first_array() % 2, [Label(1, "a")])])
    assert write_stack(segmentation, tmp_path / name) == tmp_path / json_name
    assert written_names(tmp_path) == sorted([json_name, image])


def test_a_name_without_a_stem_is_refused(tmp_path: Path) -> None:
    with pytest.raises(WriteError, match="leaves nothing"):
        write_stack(a_segmentation(), tmp_path / ".nii.gz")
    with pytest.raises(WriteError, match="leaves nothing"):
        write_stack(a_segmentation(), tmp_path / ".mitklabel.json")


def test_a_segmentation_without_labels_keeps_its_geometry(tmp_path: Path) -> None:
    segmentation = Segmentation(OBLIQUE)
    path = write_stack(segmentation, tmp_path / "a.nii.gz")
    assert written_names(tmp_path) == ["a.mitklabel.json", "a_group_0.nii.gz"]
    assert_same(segmentation, read_stack(path))


def test_version_4_is_written_only_where_labels_need_it_or_when_forced(tmp_path: Path) -> None:
    plain = Segmentation(GEOMETRY, [Group(first_array() % 2, [Label(1, "a")])])
    coded = Segmentation(
        GEOMETRY, [Group(first_array() % 2, [Label(1, "a", properties={"anatomic_region.[0].value": "123"})])]
    )
    for segmentation, forced, version in ((plain, "auto", 3), (coded, "auto", 4), (plain, "4", 4), (coded, "3", 3)):
        path = write_stack(segmentation, tmp_path / "a.nii.gz", version=forced)
        assert json.loads(path.read_text("utf-8"))["version"] == version
        assert read_stack(path).label(1).properties == segmentation.label(1).properties


def test_properties_whose_names_mitk_reserves_are_kept_where_mitk_does_not_look(tmp_path: Path) -> None:
    segmentation = a_segmentation()
    reserved = {"MITK.IO.reader.version": "1", "modality": [1, None], "path": "/x", "org.mitk.uid": {"a": 2}}
    segmentation.properties.update(reserved)
    path = write_stack(segmentation, tmp_path / "a.nii.gz")
    assert_same(segmentation, read_stack(path))
    written = json.loads(path.read_text("utf-8"))["properties"]
    assert not {key for block in written.values() for key in block} & set(reserved)


# ---- what is refused --------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("options", "named"),
    [
        ({"Save strategy": "labels"}, "instance, group"),
        ({"Instance value": "x"}, "original, binary"),
        ({"Image suffix": ".png"}, ".nii.gz"),
        ({"Colour": "red"}, "Save strategy"),
    ],
)
def test_an_unknown_option_or_value_names_what_is_allowed(options: dict[str, str], named: str) -> None:
    with pytest.raises(OptionError, match=named):
        make_options(FORMAT.write_options, options)


def test_a_geometry_that_the_images_cannot_hold_is_refused_before_anything_is_in_place(tmp_path: Path) -> None:
    for segmentation, suffix in ((a_segmentation(2), ".gipl"), (a_segmentation(geometry=OBLIQUE), ".gipl.gz")):
        with pytest.raises(UnsupportedFormatError, match="GIPL"):
            write_stack(segmentation, tmp_path / f"a{suffix}")
    sheared = np.eye(4)
    sheared[0, 1] = 0.2
    with pytest.raises(UnsupportedFormatError, match="right angles"):
        write_stack(a_segmentation(geometry=Geometry(SHAPE, sheared)), tmp_path / "a.nii.gz")
    assert written_names(tmp_path) == []


def changed_groups(change: Callable[[Group], Group]) -> Segmentation:
    """The same segmentation with every group changed."""
    return Segmentation(GEOMETRY, [change(group) for group in a_segmentation().groups])


def recoloured(group: Group) -> Group:
    return Group(group.array, [label.with_(color=(0, 0, 0)) for label in group.labels], group.name)


WRONG = {
    "voxels": changed_groups(lambda group: Group(np.roll(group.array, 1, axis=2), group.labels, group.name)),
    "the header differs": a_segmentation(geometry=Geometry.from_parts(SHAPE, GEOMETRY.spacing, (0, 0, 0))),
    "the stream is wrong": None,
    "is named": changed_groups(lambda group: Group(group.array, group.labels, "x")),
    "color is": changed_groups(recoloured),
}


@pytest.mark.parametrize("strategy", ["instance", "group"])
@pytest.mark.parametrize("suffix", [".nii.gz", ".nrrd"])
@pytest.mark.parametrize("reason", WRONG)
def test_the_verifier_finds_what_is_not_what_was_meant(tmp_path: Path, strategy: str, suffix: str, reason: str) -> None:
    segmentation, target = a_segmentation(), tmp_path / f"a{suffix}"
    image = f"a_label_300{suffix}" if strategy == "instance" else f"a_group_0{suffix}"
    swapped = tmp_path / ("a.mitklabel.json" if reason in ("is named", "color is") else image)
    (tmp_path / "wrong").mkdir()
    with Stage(target) as stage:
        request = WriteRequest(
            segmentation, target, stage, make_options(FORMAT.write_options, {"save_strategy": strategy})
        )
        written = FORMAT.writer(request)
        assert FORMAT.verifier(request, written) == []
        staged, wrong = stage.staged(swapped), WRONG[reason]
        if wrong is None:
            staged.write_bytes(staged.read_bytes()[:-9])
        else:
            write_stack(wrong, tmp_path / "wrong" / target.name, save_strategy=strategy)
            staged.write_bytes((tmp_path / "wrong" / swapped.name).read_bytes())
        assert any(reason in sentence for sentence in FORMAT.verifier(request, written))


def test_only_the_name_decides_what_a_stack_is(tmp_path: Path) -> None:
    assert FORMAT.matches(tmp_path / "A.MITKLABEL.JSON", b"")
    assert not FORMAT.matches(tmp_path / "a.json", b'{"type": "org.mitk.multilabel.segmentation.stack"}')
    path = write_stack(a_segmentation(), tmp_path / "a.nii.gz")
    assert_same(a_segmentation(), FORMAT.reader(ReadRequest(path)))


@pytest.mark.parametrize(
    ("files", "voxels", "written", "imported"),
    [
        (1, 1 << 21, False, False),
        (100, 1 << 21, False, True),
        (1, 1 << 28, False, True),
        (100, 1 << 21, True, False),
        (1000, 1 << 21, True, True),
    ],
)
def test_many_files_of_moderate_size_are_worth_the_compiled_kernels(
    monkeypatch: pytest.MonkeyPatch, files: int, voxels: int, written: bool, imported: bool
) -> None:
    names: list[str] = []
    monkeypatch.setattr(many_files, "import_module", names.append)
    monkeypatch.setattr(many_files, "use_kernels", lambda work: work >= compiled.WORTHWHILE)
    many_files.expect_files(files, voxels, written)
    assert names == (["numba"] if imported else [])
