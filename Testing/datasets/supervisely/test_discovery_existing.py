"""Annotations without volumes in a tree are matched to existing volumes, together with what the tree holds itself."""

from __future__ import annotations

from MultiLabelSegLib import Geometry
from MultiLabelSegLib.datasets.supervisely.discovery.cases import ExistingVolume
from MultiLabelSegLib.datasets.supervisely.discovery.data_sets import discover_names

from .discovered import case_of, masks_of, reasons

GRID = Geometry.from_parts((3, 4, 5), (1.0, 1.0, 1.0))
EXISTING = (
    ExistingVolume(7, "axl_anatomic.nrrd", "ds", GRID, 1),
    ExistingVolume(8, "cor_anatomic.nrrd", "ds", GRID, 1),
)


def test_volumes_of_the_tree_and_existing_ones_in_one_go() -> None:
    names = ["ds/axl_mask.nii", "new/sag_anatomic.nii", "new/sag_mask.nii", "map.txt", "ds/README.txt", "new/a.txt"]
    cases = discover_names(names, existing=EXISTING)
    assert masks_of(cases) == {
        "new/sag_anatomic.nii": ["new/sag_mask.nii"],
        "ds/axl_anatomic.nrrd": ["ds/axl_mask.nii"],
    }
    existing = case_of(cases, "ds/axl_anatomic.nrrd")
    assert (existing.layout, existing.existing) == ("annotations", EXISTING[0])
    assert existing.color_maps == ("ds/README.txt", "map.txt")
    assert case_of(cases, "new/sag_anatomic.nii").color_maps == ("new/a.txt", "map.txt")
    assert not cases.left_out


def test_a_volume_of_the_tree_goes_before_an_existing_one() -> None:
    cases = discover_names(["ds/axl_anatomic.nii", "ds/axl_mask.nii"], existing=EXISTING)
    assert masks_of(cases) == {"ds/axl_anatomic.nii": ["ds/axl_mask.nii"]}


def test_what_no_existing_volume_takes_is_left_out_with_its_colour_map() -> None:
    cases = discover_names(["ds/sag_mask.nii", "ds/map.txt"], existing=EXISTING)
    assert not cases.cases
    assert set(reasons(cases)) == {"ds/sag_mask.nii", "ds/map.txt"}


def test_a_mapping_may_name_any_file_with_the_layout_annotations() -> None:
    names = ["tumor.nii", "axl_anatomic.nii", "axl_mask.nii"]
    cases = discover_names(names, layout="annotations", existing=EXISTING, mapping={"tumor.nii": 8})
    assert masks_of(cases) == {"ds/cor_anatomic.nrrd": ["tumor.nii"]}
    assert set(reasons(cases)) == {"axl_anatomic.nii", "axl_mask.nii"}


def test_the_mask_mode_reaches_existing_volumes() -> None:
    cases = discover_names(["ds/axl_mask_5.nii"], existing=EXISTING, mask_mode="instance", dataset_id=1)
    assert [(mask.mode, mask.class_id) for mask in cases.cases[0].masks] == [("instance", 5)]
