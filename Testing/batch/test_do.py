"""``mls.do``: one step in one line."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import MultiLabelSegLib as mls
from MultiLabelSegLib.batch.recipe import read_recipe
from MultiLabelSegLib.core import Image
from MultiLabelSegLib.edit import History
from MultiLabelSegLib.errors import GeometryError, OptionError, ToolError
from MultiLabelSegLib.formats.image_io import read_image

RECIPES = sorted((Path(__file__).resolve().parents[2] / "docs" / "recipes").glob("*.json"))
GEOMETRY = mls.Geometry.from_parts((5, 20, 20))


def test_one_line_does_a_step_and_a_history_takes_it_back() -> None:
    array = np.zeros(GEOMETRY.full_shape, np.uint8)
    array[0, 2, 8:12, 8:12] = 1
    segmentation = mls.Segmentation(GEOMETRY, [mls.Group(array, [mls.Label(1, "Liver")])])
    history = History(segmentation)
    done = mls.do(history, "dilate", label="Liver", radius=1)
    assert done.written == segmentation.voxels(1) - 16 > 0
    history.undo()
    assert segmentation.voxels(1) == 16
    mls.do(segmentation, "add_label", name="Spleen", value=9)
    assert segmentation["Spleen"].value == 9
    with pytest.raises(ToolError, match=r"step 1 \(dilat\).*did you mean 'dilate'"):
        mls.do(segmentation, "dilat")


def test_a_step_may_read_its_image(tmp_path: Path) -> None:
    pytest.importorskip("SimpleITK")
    import SimpleITK as sitk

    pixels = np.zeros((5, 20, 20), np.int16)
    pixels[1:3, 5:9, 5:9] = 100
    sitk.WriteImage(sitk.GetImageFromArray(pixels), str(tmp_path / "image.nrrd"))
    segmentation = mls.new(tmp_path / "image.nrrd")
    done = mls.do(segmentation, "threshold", image=tmp_path / "image.nrrd", lower=50, confirm={"into": "new"})
    assert segmentation.voxels(done.values[0]) == 32


@pytest.mark.parametrize("path", RECIPES, ids=lambda path: path.stem)
def test_the_recipes_of_the_documentation_are_valid(path: Path) -> None:
    assert read_recipe(path).steps


def the_real_ct() -> tuple[Image, mls.Segmentation]:
    """The chest CT of slicerio and its segmentation."""
    slicerio = pytest.importorskip("slicerio")
    folder = Path(slicerio.__file__).parent / "data"
    return read_image(folder / "CTChest4.nrrd"), mls.read(folder / "Segmentation.seg.nrrd")


def dice(one: np.ndarray, other: np.ndarray) -> float:
    return float(2 * (one & other).sum() / (one.sum() + other.sum()))


def test_strokes_in_two_slices_of_the_real_ct_grow_to_its_lungs() -> None:
    from MultiLabelSegLib.batch.running import run_recipe

    image, truth = the_real_ct()
    segmentation = mls.Segmentation(image.geometry)
    for name in ("grow-cut-strokes", "grow-cut"):
        run_recipe(read_recipe(next(path for path in RECIPES if path.stem == name)), segmentation, image)
    lungs = truth.mask("right lung") | truth.mask("left lung")
    assert dice(segmentation.mask("Lungs"), lungs) > 0.9
    assert "Air" not in segmentation
    assert 500 < segmentation.mask("Heart").sum() * segmentation.geometry.voxel_volume_mm3 / 1000 < 2500


def test_the_heart_of_four_drawn_slices_is_filled_in_2d_and_in_3d() -> None:
    from MultiLabelSegLib.batch.running import run_recipe

    image, _ = the_real_ct()
    found = {}
    for name in ("heart-2d", "heart-3d"):
        segmentation = mls.Segmentation(image.geometry)
        for stem in ("heart-contours", name):
            run_recipe(read_recipe(next(path for path in RECIPES if path.stem == stem)), segmentation, image)
        found[name] = segmentation.mask("Heart")[0]
    held = {name: np.flatnonzero(mask.any(axis=(1, 2))).tolist() for name, mask in found.items()}
    assert held["heart-2d"] == list(range(12, 23))
    assert set(held["heart-3d"]) >= set(held["heart-2d"])
    assert dice(found["heart-2d"][12:23], found["heart-3d"][12:23]) > 0.95


def test_the_recipe_of_the_chest_finds_lungs_and_bones_of_the_real_ct() -> None:
    from MultiLabelSegLib.batch.running import run_recipe

    image, truth = the_real_ct()
    segmentation = mls.Segmentation(image.geometry)
    run_recipe(read_recipe(next(path for path in RECIPES if path.stem == "chest-ct")), segmentation, image)
    lungs = segmentation.mask("Lungs")
    both = truth.mask("right lung") | truth.mask("left lung")
    assert 2 * (lungs & both).sum() / (lungs.sum() + both.sum()) > 0.95
    ribs = truth.mask("ribs")
    assert (segmentation.mask("Bones") & ribs).sum() / ribs.sum() > 0.4
    assert not (segmentation.mask("Bones") & lungs).any()
    assert (lungs & ~segmentation.mask("Body")).sum() < 0.02 * lungs.sum()


def test_the_recipe_of_the_documentation_runs_to_its_end_on_the_real_ct(tmp_path: Path) -> None:
    slicerio = pytest.importorskip("slicerio")
    from MultiLabelSegLib.cli.main import main

    page = (RECIPES[0].parents[1] / "tools.md").read_text(encoding="utf-8")
    (tmp_path / "r.json").write_text(page.partition("```json\n")[2].partition("```")[0])
    image = Path(slicerio.__file__).parent / "data" / "CTChest4.nrrd"
    assert main(["run", str(tmp_path / "r.json"), "-i", str(image), "-o", str(tmp_path / "o.nrrd")]) == 0
    made = mls.read(tmp_path / "o.nrrd")
    assert [(label.value, label.name, label.locked) for label in made.groups[1].labels] == [
        (7, "Femur", True),
        (8, "Otsu 1", True),
        (9, "Otsu 2", True),
    ]
    assert made.voxels(8) + made.voxels(9) > 400_000


def test_a_step_that_makes_an_image_gives_it_back() -> None:
    array = np.zeros(GEOMETRY.full_shape, np.uint8)
    array[0, 2, 8:12, 8:12] = 1
    segmentation = mls.Segmentation(GEOMETRY, [mls.Group(array, [mls.Label(1, "Liver")])])
    done = mls.do(
        segmentation, "mask_image", label="Liver", image=Image(np.full((1, 5, 20, 20), 7, np.int16), GEOMETRY)
    )
    assert done.image is not None
    assert (done.image.array == 7 * array).all()
    assert (done.title, done.written) == ("Masked by Liver", 0)
    assert mls.do(segmentation, "lock", label="Liver").image is None


def test_numbers_of_numpy_and_images_of_simpleitk_are_taken_as_they_come() -> None:
    sitk = pytest.importorskip("SimpleITK")
    pixels = np.zeros((5, 20, 20), np.int16)
    pixels[2, 5:9, 5:9] = 100
    image = sitk.GetImageFromArray(pixels)
    segmentation = mls.new(image)
    done = mls.do(segmentation, "threshold", image=image, lower=np.float32(50), confirm={"into": "new"})
    assert segmentation.voxels(done.values[0]) == 16
    point = np.array([[15, 15, 3]])
    mls.do(segmentation, "paint", label=np.int64(done.values[0]), stroke_ijk=point, diameter=np.int16(1))
    assert segmentation.voxels(done.values[0]) == 17


def test_what_is_no_document_and_no_image_is_refused_by_name() -> None:
    segmentation = mls.Segmentation(GEOMETRY, [mls.Group(np.zeros(GEOMETRY.full_shape, np.uint8), [mls.Label(1, "x")])])
    with pytest.raises(OptionError, match="target: 'seg.nrrd' is not allowed; expected a segmentation"):
        mls.do("seg.nrrd", "lock", label=1)  # type: ignore[arg-type]
    with pytest.raises(OptionError, match="image: 'ndarray' is not allowed"):
        mls.do(segmentation, "threshold", image=np.zeros((5, 20, 20)), label=1)  # type: ignore[arg-type]
    with pytest.raises(OptionError, match="image: 'int' is not allowed"):
        mls.new(5)  # type: ignore[arg-type]
    with pytest.raises(GeometryError, match="no frame 1"):
        mls.to_sitk(segmentation, 0, 1)
