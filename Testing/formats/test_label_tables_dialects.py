"""Each dialect of label tables as its owner writes and reads it."""

from __future__ import annotations

import csv
import io
import json
import math
import re
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import nibabel
import numpy as np
import pytest
from hypothesis import given

import MultiLabelSegLib as mls
from MultiLabelSegLib.core import Label
from MultiLabelSegLib.core.naming import lut_color
from MultiLabelSegLib.errors import FormatError, OptionError
from MultiLabelSegLib.formats.label_tables import (
    DIALECTS,
    LabelTable,
    TableEntry,
    dialect_of,
    extension_of,
    read_table,
    table_in_header,
    table_text,
    write_table,
)
from MultiLabelSegLib.formats.label_tables.text import TableText
from MultiLabelSegLib.formats.report import Report
from Testing.formats.table_cases import ODD_NAMES, names, read, small, tables, written

GOLDEN = {
    "itksnap": """\
    0     0    0    0        0  0  0    "Clear Label"
    1   255    0    0        1  1  1    "Left lung"
    2    51  102  153      0.6  0  0    "Größe"
  300     0  255    0        1  1  1    "Rib 12"
""",
    "ctbl": """\
# Color table file
# 301 values
0 Background 0 0 0 0
1 Left_lung 255 0 0 255
2 Größe 51 102 153 153
300 Rib_12 0 255 0 255
""",
    "freesurfer": """\
# exact name of 1: "Left lung"
# exact name of 300: "Rib 12"
#No.   Label Name:   R   G   B   A
0      Unknown     0   0   0   0
1      Left_lung 255   0   0   0
2      Größe      51 102 153   0
300    Rib_12      0 255   0   0
""",
    "cls_color_map": "1 Left lung 255 0 0\n2 Größe 51 102 153\n300 Rib 12 0 255 0\n",
    "bids": "index\tname\tcolor\n1\tLeft lung\t#ff0000\n2\tGröße\t#336699\n300\tRib 12\t#00ff00\n",
    "csv": "value,name,color,opacity,visible,description\n1,Left lung,#ff0000,1.0,true,\n2,Größe,#336699,0.6,false,\n"
    "300,Rib 12,#00ff00,1.0,true,\n",
    "json": '{"labels": [\n'
    '{"value": 1, "name": "Left lung", "color": [1.0, 0.0, 0.0], "opacity": 1.0, "visible": true},\n'
    '{"value": 2, "name": "Gr\\u00f6\\u00dfe", "color": [0.2, 0.4, 0.6], "opacity": 0.6, "visible": false},\n'
    '{"value": 300, "name": "Rib 12", "color": [0.0, 1.0, 0.0], "opacity": 1.0, "visible": true}]}\n',
}
ALL = tuple(DIALECTS)


@pytest.mark.parametrize("dialect", GOLDEN)
def test_a_table_is_written_as_its_owner_writes_it(dialect: str) -> None:
    text = table_text(small(), dialect)
    if dialect == "json":
        assert json.loads(text) == json.loads(GOLDEN[dialect])
    elif dialect == "itksnap":
        header, _, rows = text.rpartition("################################################\n")
        assert header.startswith(
            "################################################\n# ITK-SnAP Label Description File\n"
        )
        assert rows == GOLDEN[dialect]
    else:
        assert text == GOLDEN[dialect]


@pytest.mark.parametrize("dialect", ALL)
def test_what_we_write_is_recognised_by_content_alone_and_read_without_complaint(tmp_path: Path, dialect: str) -> None:
    text = table_text(small(), dialect)
    found, report = read(tmp_path, "table.dat", text)
    assert names(found) == names(small())
    assert [entry.color_bytes for entry in found.entries] == [entry.color_bytes for entry in small().entries]
    assert (report.notes, report.left_out) == ([], [])
    named = dialect_of(TableText(Path(f"case{DIALECTS[dialect].suffix}"), text))
    assert named is not None
    assert named.id == dialect


@pytest.mark.parametrize("dialect", ["itksnap", "ctbl", "slicer-csv", "csv", "json", "totalsegmentator"])
def test_opacity_is_kept_where_the_dialect_has_it(tmp_path: Path, dialect: str) -> None:
    found = read_table(written(small(), dialect, tmp_path))
    assert [entry.opacity for entry in found.entries] == pytest.approx([1.0, 0.6, 1.0])


@pytest.mark.parametrize("dialect", ["itksnap", "csv", "json"])
def test_visibility_is_kept_where_the_dialect_has_it(tmp_path: Path, dialect: str) -> None:
    assert [entry.visible for entry in read_table(written(small(), dialect, tmp_path)).entries] == [True, False, True]


@pytest.mark.parametrize("dialect", ALL)
@given(table=tables())
def test_any_names_and_colours_come_back_or_are_refused(dialect: str, table: LabelTable) -> None:
    refused = {entry.value for entry in table.entries if DIALECTS[dialect].refuses(entry) is not None}
    if refused:
        with pytest.raises(FormatError, match="cannot hold label"):
            table_text(table, dialect)
    kept = LabelTable(tuple(entry for entry in table.entries if entry.value not in refused))
    if not kept.entries:
        return
    text = table_text(kept, dialect)
    text.encode("utf-8")
    report = Report()
    found = DIALECTS[dialect].parse(TableText(Path("table"), text), report)
    assert names(found) == names(kept)
    assert [entry.color_bytes for entry in found.entries] == [entry.color_bytes for entry in kept.entries]
    assert report.left_out == []


@pytest.mark.parametrize("dialect", sorted(set(ALL) - {"cls_color_map", "totalsegmentator"}))
def test_only_two_dialects_refuse_names_at_all(dialect: str) -> None:
    assert [name for name in ODD_NAMES if DIALECTS[dialect].refuses(TableEntry(1, name)) is not None] == []


@pytest.mark.parametrize("line_end", ["\r\n", "\r", "\n\n\n"])
@pytest.mark.parametrize("dialect", ALL)
def test_line_ends_of_any_system_and_a_mark_in_front_change_nothing(
    tmp_path: Path, dialect: str, line_end: str
) -> None:
    text = "\ufeff" + table_text(small(), dialect).replace("\n", line_end)
    found, report = read(tmp_path, f"case{DIALECTS[dialect].suffix}", text)
    assert names(found) == names(small())
    assert report.left_out == []


@pytest.mark.parametrize("encoding", ["utf-16", "latin-1"])
@pytest.mark.parametrize("dialect", sorted(set(ALL) - {"json"}))
def test_umlauts_survive_other_encodings(tmp_path: Path, dialect: str, encoding: str) -> None:
    found, report = read(tmp_path, "table.txt", table_text(small(), dialect).encode(encoding))
    assert names(found)[2] == "Größe"
    assert [note.reason for note in report.notes] == (
        ["is not UTF-8; taken as Latin letters (Windows-1252)"] if encoding == "latin-1" else []
    )


def test_itksnap_reads_every_row_that_we_write() -> None:
    """Its reader takes seven numbers, then what stands between the first two quotation marks: something."""
    table = LabelTable(tuple(TableEntry(value, name) for value, name in enumerate(ODD_NAMES, 1)))
    rows = [line for line in table_text(table, "itksnap").split("\n") if line and not line.startswith("#")]
    assert len(rows) == len(ODD_NAMES) + 1
    for row in rows:
        assert re.fullmatch(r'( +[0-9]+){4} +[0-9.]+( +[01]){2} +"[^"]+"', row)


def test_supervisely_reads_every_row_that_we_write() -> None:
    """Its rule: the first word is the value, the last three are the colour, words between are the name."""
    kept = [name for name in ODD_NAMES if DIALECTS["cls_color_map"].refuses(TableEntry(1, name)) is None]
    text = table_text(LabelTable(tuple(TableEntry(value, name) for value, name in enumerate(kept, 1))), "cls_color_map")
    found = {}
    for line in text.removesuffix("\n").split("\n"):
        words = line.split()
        color = [int(word) for word in words[-3:]]
        assert all(0 <= channel <= 255 for channel in color)
        found[int(words[0])] = " ".join(words[1:-3])
    assert list(found.values()) == kept


def test_freesurfer_reads_six_words_in_every_row() -> None:
    table = LabelTable(tuple(TableEntry(value, name) for value, name in enumerate(ODD_NAMES, 1)))
    rows = [line for line in table_text(table, "freesurfer").split("\n") if line and not line.startswith("#")]
    assert {len(row.split()) for row in rows} == {6}
    assert [int(row.split()[0]) for row in rows] == list(range(len(ODD_NAMES) + 1))


@pytest.mark.parametrize(("dialect", "delimiter"), [("bids", "\t"), ("csv", ","), ("slicer-csv", ",")])
def test_tables_with_columns_are_read_by_pythons_own_reader(dialect: str, delimiter: str) -> None:
    shown = ['say "ah"', "a,b;c", "größe 肝臓 🫀 ß", "# no comment", " leading", "7 7 7 7"]
    table = LabelTable(tuple(TableEntry(value, name) for value, name in enumerate(shown, 1)))
    rows = list(csv.DictReader(io.StringIO(table_text(table, dialect), newline=""), delimiter=delimiter))
    key = {"slicer-csv": "Name"}.get(dialect, "name")
    plain = [name.replace('"', " ") if dialect == "slicer-csv" else name for name in shown]
    assert [row[key] for row in rows][-len(shown) :] == plain
    assert {len(row) for row in rows} == {len(rows[0])}


def test_bids_keeps_abbreviations_and_mappings(tmp_path: Path) -> None:
    text = "index\tname\tabbreviation\tcolor\tmapping\n1\tGray Matter\tGM\t#ff53bb\t1\n2\tWhite Matter\tn/a\tn/a\t2\n"
    found, report = read(tmp_path, "sub-01_dseg.tsv", text)
    assert [dict(entry.properties) for entry in found.entries] == [
        {"abbreviation": "GM", "mapping": "1"},
        {"mapping": "2"},
    ]
    assert found.entries[0].hex_color == "#ff53bb"
    assert found.entries[1].color is None
    assert report.left_out == []
    again = table_text(LabelTable(found.entries), "bids")
    assert again.splitlines()[0] == "index\tname\tcolor\tabbreviation\tmapping"
    assert again.splitlines()[1] == "1\tGray Matter\t#ff53bb\tGM\t1"


def test_slicers_codes_become_mitks_properties_and_codes_again(tmp_path: Path) -> None:
    header = "LabelValue,Name,Color_R,Color_G,Color_B,Color_A,Category_CodingScheme,Category_CodeValue,"
    text = header + "Category_CodeMeaning,Type_CodingScheme,Type_CodeValue,Type_CodeMeaning,TypeModifier_CodeValue\n"
    text += '3,Liver,221,130,101,255,SCT,123037004,Anatomical Structure,SCT,10200004,"Liver, whole",24028007\n'
    found, _ = read(tmp_path, "c.csv", text)
    properties = {
        "segmented_property_category.scheme": "SCT",
        "segmented_property_category.value": "123037004",
        "segmented_property_category.meaning": "Anatomical Structure",
        "segmented_property_type.scheme": "SCT",
        "segmented_property_type.value": "10200004",
        "segmented_property_type.meaning": "Liver, whole",
        "segmented_property_type.modifier.[0].value": "24028007",
    }
    assert dict(found.entries[0].properties) == properties
    again, _ = read(tmp_path, "again.csv", table_text(found, "slicer-csv"))
    assert again.entries == found.entries


def test_totalsegmentators_way_of_reading_finds_keys_and_names(tmp_path: Path) -> None:
    """It takes the first extension, parses it as XML, and needs Key and text of every Label."""
    odd = [name for name in ODD_NAMES if DIALECTS["totalsegmentator"].refuses(TableEntry(1, name)) is None]
    table = LabelTable(tuple(TableEntry(value, name) for value, name in enumerate(odd, 1)))
    image = nibabel.Nifti1Image(np.zeros((2, 2, 2), np.uint8), np.eye(4))
    code, content = extension_of(table, tmp_path / "m.nii.gz")
    image.header.extensions.append(nibabel.nifti1.Nifti1Extension(code, content))
    nibabel.save(image, tmp_path / "m.nii.gz")
    raw = nibabel.load(tmp_path / "m.nii.gz").header.extensions[0].get_content()
    root = ElementTree.fromstring(raw if isinstance(raw, bytes) else str(raw).encode())
    assert root.tag == "CaretExtension"
    labels = root.findall("./VolumeInformation/LabelTable/Label")
    assert {int(label.attrib["Key"]): label.text for label in labels} == names(table)
    ours = table_in_header(tmp_path / "m.nii.gz", Report())
    assert ours is not None
    assert names(ours) == names(table)
    assert names(read_table(tmp_path / "m.nii.gz")) == names(table)


def test_a_class_map_of_totalsegmentator_is_read(tmp_path: Path) -> None:
    xml = (
        '<?xml version="1.0" encoding="UTF-8"?> <CaretExtension>  <Date><![CDATA[2013-07-14T05:45:09]]></Date>   '
        '<VolumeInformation Index="0">   <LabelTable>\n'
        '<Label Key="1" Red="0.0" Green="1.0" Blue="0.0" Alpha="1"><![CDATA[spleen]]></Label>\n'
        '<Label Key="117" Red="0.5" Green="0.0" Blue="1.0" Alpha="1"><![CDATA[costal_cartilages]]></Label>\n'
        "\n  </LabelTable>  <StudyMetaDataLinkSet>  </StudyMetaDataLinkSet>  <VolumeType><![CDATA[Label]]></VolumeType>"
        "   </VolumeInformation></CaretExtension>\n              "
    )
    image = nibabel.Nifti1Image(np.zeros((2, 2, 2), np.uint8), np.eye(4))
    image.header.extensions.append(nibabel.nifti1.Nifti1Extension(0, xml.encode()))
    nibabel.save(image, tmp_path / "ts.nii.gz")
    found = table_in_header(tmp_path / "ts.nii.gz", Report())
    assert found is not None
    assert names(found) == {1: "spleen", 117: "costal_cartilages"}
    assert found.entries[1].color == (0.5, 0.0, 1.0)


def test_images_without_a_class_map_have_no_table_in_their_header(tmp_path: Path) -> None:
    image = nibabel.Nifti1Image(np.zeros((2, 2, 2), np.uint8), np.eye(4))
    image.header.extensions.append(nibabel.nifti1.Nifti1Extension(6, b"only a comment"))
    nibabel.save(image, tmp_path / "c.nii")
    assert table_in_header(tmp_path / "c.nii", Report()) is None
    with pytest.raises(FormatError, match="no label table"):
        read_table(tmp_path / "c.nii")


def test_rows_without_colour_and_opacity_become_labels_as_mitk_colours_them() -> None:
    labels = LabelTable((TableEntry(3, "a"), TableEntry(5, "b", (0.0, 0.0, 1.0), 0.25, False))).to_labels()
    assert labels == (Label(3, "a", lut_color(3)), Label(5, "b", (0.0, 0.0, 1.0), 0.25, visible=False))
    assert LabelTable.of(labels).to_labels({5}) == labels[1:]


def test_only_long_lists_without_our_mark_are_general(tmp_path: Path) -> None:
    rows = [f"{value} region_{value} {value % 256} 0 0 0" for value in range(1, 400)]
    found, _ = read(tmp_path, "FreeSurferColorLUT.txt", "#$Id: FreeSurferColorLUT.txt\n" + "\n".join(rows))
    assert found.is_general
    assert len(found.entries) == 399
    for dialect in ALL:
        assert not read_table(written(LabelTable(found.entries), dialect, tmp_path)).is_general


def test_an_unknown_dialect_is_refused_with_those_that_there_are(tmp_path: Path) -> None:
    with pytest.raises(OptionError, match=r"label table.*itksnap.*ctbl.*freesurfer"):
        write_table(small(), tmp_path / "x", "excel")
    assert not (tmp_path / "x").exists()


def test_every_label_that_a_dialect_cannot_hold_is_named(tmp_path: Path) -> None:
    table = LabelTable((TableEntry(1, "ok"), TableEntry(2, "two  blanks"), TableEntry(9, " lead")))
    with pytest.raises(FormatError, match=r"label 2: .*label 9: .*choose another label table"):
        write_table(table, tmp_path / "x.txt", "cls_color_map")
    assert not (tmp_path / "x.txt").exists()


def test_plain_json_gives_back_numbers_that_are_not_finite(tmp_path: Path) -> None:
    label = mls.Label(1, "", properties={"score": math.inf, "other": math.nan, "half": "\ud800"})
    segmentation = mls.Segmentation(
        mls.Geometry.from_parts((1, 1, 1)), [mls.Group(np.ones((1, 1, 1, 1), np.uint8), [label])]
    )
    mls.write(segmentation, tmp_path / "map.nii", options={"label_table": "json"})
    found = mls.read(tmp_path / "map.nii").labels[0].properties
    assert found["score"] == math.inf
    assert math.isnan(found["other"])
    assert found["half"] == "\ud800"
