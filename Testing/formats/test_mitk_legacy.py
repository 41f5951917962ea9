"""LabelSetImages: values made unique as MITK does, both ways of handling layers, damage named by its key."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from MultiLabelSegLib.core import Geometry, Segmentation
from MultiLabelSegLib.errors import CorruptFileError, OptionError, UnsupportedFormatError
from MultiLabelSegLib.formats.base import ReadRequest
from MultiLabelSegLib.formats.mitk_nrrd import FORMAT
from MultiLabelSegLib.formats.nrrd import geometry_fields, write_nrrd
from MultiLabelSegLib.formats.options import make_options
from MultiLabelSegLib.formats.report import Report

_HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n'


def xml(value: int, properties: str = "", kind: str = "UShortProperty") -> str:
    return (
        f'{_HEAD}<Label><property key="name" type="StringProperty"><string value="L&amp;{value} ä"/></property>'
        f'<property key="value" type="{kind}"><unsigned value="{value}"/></property>{properties}</Label>\n'
    )


def legacy(path: Path, layers: list[list[str] | None], voxels: list[list[int]], /, **keys: str | None) -> Path:
    """A LabelSetImage of 1 x 1 x 6 voxels a layer; a layer of None has no count in the header."""
    texts: dict[str, str | None] = {"modality": "org.mitk.image.multilabel", "layers": str(len(layers))}
    for layer, labels in enumerate(layers):
        if labels is not None:
            texts[f"layer_{layer:03d}"] = str(len(labels))
        texts.update({f"label_{layer:03d}_{index:05d}": text for index, text in enumerate(labels or [])})
    texts.update(keys)
    geometry = Geometry.from_parts((1, 1, 6))
    arrays = [np.array(row, np.uint16).reshape(1, 1, 1, 6) for row in voxels]
    given = {key: text for key, text in texts.items() if text is not None}
    write_nrrd(path, geometry_fields(geometry, len(arrays)), given, arrays)
    return path


def read(path: Path, report: Report | None = None, **options: Any) -> Segmentation:
    assert FORMAT.reader is not None
    made = make_options(FORMAT.read_options, {key.replace("_", " "): value for key, value in options.items()})
    return FORMAT.reader(ReadRequest(path, made, report or Report()))


def rows(segmentation: Segmentation) -> list[list[int]]:
    return [group.array.ravel().tolist() for group in segmentation.groups]


def test_values_are_raised_by_the_highest_of_all_earlier_layers(tmp_path: Path) -> None:
    layers = [[xml(0), xml(5), xml(1)], [xml(2)], [xml(1)]]
    voxels = [[0, 1, 5, 0, 0, 0], [0, 2, 0, 0, 2, 0], [1, 1, 1, 0, 0, 0]]
    found = read(legacy(tmp_path / "a.nrrd", layers, voxels))
    assert rows(found) == [[0, 1, 5, 0, 0, 0], [0, 7, 0, 0, 7, 0], [8, 8, 8, 0, 0, 0]]
    assert [group.values for group in found.groups] == [(5, 1), (7,), (8,)]
    assert found.label(7).name == "L&2 ä"


def test_voxels_without_a_label_keep_their_value_as_in_mitk(tmp_path: Path) -> None:
    found = read(legacy(tmp_path / "a.nrrd", [[xml(1)], [xml(1)]], [[0, 1, 9, 0, 0, 0], [0, 1, 7, 0, 0, 0]]))
    assert rows(found) == [[0, 1, 9, 0, 0, 0], [0, 2, 7, 0, 0, 0]]


def test_voxels_without_a_label_are_not_mixed_up_with_a_raised_label(tmp_path: Path) -> None:
    report = Report()
    path = legacy(tmp_path / "a.nrrd", [[xml(1)], [xml(1)]], [[0, 1, 0, 0, 0, 0], [0, 1, 7, 0, 2, 0]])
    assert rows(read(path, report))[1] == [0, 2, 8, 0, 3, 0]
    assert "voxels without a label hold [2]" in str(report.notes[0])


def test_a_layer_without_a_count_has_no_labels(tmp_path: Path) -> None:
    found = read(legacy(tmp_path / "a.nrrd", [None, [xml(1)]], [[0, 1, 9, 0, 0, 0], [0, 1, 0, 0, 0, 0]]))
    assert [group.values for group in found.groups] == [(), (1,)]


def test_layers_may_keep_values_that_differ(tmp_path: Path) -> None:
    path = legacy(tmp_path / "a.nrrd", [[xml(5)], [xml(2)]], [[5] * 6, [2] * 6])
    assert read(path, Multi_layer_handling="split layers").values == (5, 2)
    assert read(path).values == (5, 7)


def test_layers_that_share_values_are_read_one_at_a_time(tmp_path: Path) -> None:
    path = legacy(tmp_path / "a.nrrd", [[xml(5)], [xml(2), xml(5)]], [[5] * 6, [2] * 3 + [5] * 3])
    with pytest.raises(UnsupportedFormatError, match="layers 0 and 1 both use the value 5.*option 'Layer'"):
        read(path, Multi_layer_handling="Split layers")
    second = read(path, Multi_layer_handling="Split layers", Layer=1)
    assert (second.values, rows(second)) == ((2, 5), [[2, 2, 2, 5, 5, 5]])
    with pytest.raises(OptionError, match="Layer"):
        read(path, Layer=2)


def test_what_the_header_says_about_layers_is_no_property(tmp_path: Path) -> None:
    assert read(legacy(tmp_path / "a.nrrd", [[xml(1)]], [[1] * 6], my_key="x")).properties == {"my.key": "x"}


def test_properties_of_every_class_are_read(tmp_path: Path) -> None:
    text = (
        '<property key="d" type="DoubleProperty"><double value="1.5"/></property>'
        '<property key="i" type="IntProperty"><int value="15"/></property>'
        '<property key="u" type="UShortProperty"><unsigned value="15"/></property>'
        '<property key="b" type="BoolProperty"><bool value="1"/></property>'
        '<property key="opacity" type="FloatProperty"><float value="0.25"/></property>'
        '<property key="color" type="ColorProperty"><color r="0.5" g="1" b="0"/></property>'
        '<property key="t" type="TemporoSpatialStringProperty"><temporo_spatial_string>'
        '{"values":[{"t":0,"value":"x","z":0}]}</temporo_spatial_string></property>'
        '<property key="center.index" type="Point3dProperty"><point x="1" y="2" z="3"/></property>'
        '<property key="odd" type="OddProperty"><odd a="1" b="2"/></property>'
    )
    report = Report()
    label = read(legacy(tmp_path / "a.nrrd", [[xml(1, text)]], [[1] * 6]), report).label(1)
    assert (label.opacity, label.color) == (0.25, (0.5, 1.0, 0.0))
    assert label.properties == {
        "d": {"type": "DoubleProperty", "value": 1.5},
        "i": 15,
        "u": {"type": "UShortProperty", "value": 15},
        "b": False,
        "t": {"type": "TemporoSpatialStringProperty", "value": {"values": [{"t": 0, "value": "x", "z": 0}]}},
        "odd": {"type": "OddProperty", "value": {"a": "1", "b": "2"}},
    }
    assert "OddProperty" in str(report.notes[0])


_BOMB = '<!DOCTYPE b [<!ENTITY a "x"><!ENTITY c "&a;&a;">]><Label>&c;</Label>'


@pytest.mark.parametrize(
    ("layers", "keys", "message"),
    [
        ([[xml(1), xml(1)]], {}, "label value 1 occurs twice in layer 0"),
        ([[xml(1, kind="IntProperty")]], {}, "label_000_00000: the value is of type 'IntProperty'"),
        ([[xml(70000)]], {}, "label_000_00000.value: found 70000"),
        ([["<Label><property"]], {}, "label_000_00000 is no XML"),
        ([["<Other/>"]], {}, "found the element 'Other'"),
        ([[_BOMB]], {}, "document type"),
        ([[xml(1, '<property key="p" type="IntProperty"><int value="x"/></property>')]], {}, "property 'p'"),
        ([[xml(1, '<property key="p" type="IntProperty"/>')]], {}, "property 'p'"),
        ([[xml(1)]], {"layers": "2"}, "key 'layers' says 2, the file has 1 layers"),
        ([[xml(1)]], {"layers": None}, "key 'layers'"),
        ([[xml(1)]], {"layers": "-1"}, "key 'layers'"),
        ([[xml(1)]], {"layers": "99999999999"}, "key 'layers'"),
        ([[xml(1)]], {"layer_000": "2"}, "key 'label_000_00001' is missing"),
        ([[xml(1)]], {"layer_000": "many"}, "key 'layer_000'"),
    ],
)
def test_damage_is_named(tmp_path: Path, layers: list[Any], keys: dict[str, str | None], message: str) -> None:
    with pytest.raises(CorruptFileError, match=message):
        read(legacy(tmp_path / "a.nrrd", layers, [[1] * 6], **keys))


def test_values_that_do_not_fit_together_are_refused_where_mitk_wraps(tmp_path: Path) -> None:
    path = legacy(tmp_path / "a.nrrd", [[xml(65000)], [xml(2000)]], [[65000] * 6, [2000] * 6])
    with pytest.raises(CorruptFileError, match="one would become 67000"):
        read(path)
