"""Broken, odd and foreign label tables: what must be found in them, and in which lines something must be reported."""

from __future__ import annotations

from typing import NamedTuple


class Broken(NamedTuple):
    """A table: its file name and content, the names that are found (None: nothing usable), the reported lines."""

    id: str
    file: str
    content: bytes
    names: dict[int, str] | None
    lines: tuple[int | None, ...] = ()
    colors: dict[int, str] = {}  # noqa: RUF012 - never written to


def _case(
    id: str,
    file: str,
    content: str | bytes,
    names: dict[int, str] | None,
    *lines: int | None,
    colors: dict[int, str] | None = None,
) -> Broken:
    data = content if isinstance(content, bytes) else content.encode("utf-8")
    return Broken(id, file, data, names, lines, colors or {})


AB = {1: "A", 2: "B"}
SNAP_A, SNAP_B = '1 255 0 0 1 1 1 "A"\n', '2 0 255 0 1 1 1 "B"\n'
RED_GREEN = {1: "#ff0000", 2: "#00ff00"}

ITKSNAP = (
    _case("plain", "a.txt", SNAP_A + SNAP_B, AB, colors=RED_GREEN),
    _case("header missing a hash", "a.txt", "ITK-SnAP Label Description File\n" + SNAP_A + SNAP_B, AB, 1),
    _case("old Mac line ends", "a.txt", (SNAP_A + SNAP_B).replace("\n", "\r"), AB),
    _case("blank lines and tabs", "a.txt", "\n\n" + SNAP_A.replace(" ", "\t") + "   \n" + SNAP_B, AB),
    _case("closing quotation mark lost", "a.txt", '1 255 0 0 1 1 1 "A\n' + SNAP_B, AB),
    _case("quotation marks lost", "a.label", "1 255 0 0 1 1 1 A\n2 0 255 0 1 1 1 B\n", AB),
    _case("curly quotation marks", "a.txt", "1 255 0 0 1 1 1 “A”\n2 0 255 0 1 1 1 “B”\n", AB),
    _case("quotation marks within", "a.txt", '1 255 0 0 1 1 1 "say "ah""\n' + SNAP_B, {1: 'say "ah"', 2: "B"}),
    _case("a number lost", "a.txt", SNAP_A + '3 255 0 "C"\n' + SNAP_B, AB, 2),
    _case("flags lost", "a.txt", SNAP_A + '3 0 0 255 "C"\n' + SNAP_B, AB | {3: "C"}, colors={3: "#0000ff"}),
    _case("colour too large", "a.txt", SNAP_A + '3 300 0 0 1 1 1 "C"\n' + SNAP_B, AB | {3: "C"}, 2),
    _case("negative colour", "a.txt", SNAP_A + '3 -5 0 0 1 1 1 "C"\n' + SNAP_B, AB | {3: "C"}, 2),
    _case("value twice", "a.txt", SNAP_A + SNAP_B + '1 0 0 9 1 1 1 "again"\n', AB, 3, colors=RED_GREEN),
    _case("value too large", "a.txt", SNAP_A + '70000 1 2 3 1 1 1 "C"\n' + SNAP_B, AB, 2),
    _case("negative value", "a.txt", SNAP_A + '-1 1 2 3 1 1 1 "C"\n' + SNAP_B, AB, 2),
    _case("fractional value", "a.txt", SNAP_A + '3.5 1 2 3 1 1 1 "C"\n' + SNAP_B, AB, 2),
    _case("value with decimal point", "a.txt", '1.0 255 0 0 1 1 1 "A"\n' + SNAP_B, AB),
    _case("prose among rows", "a.txt", SNAP_A + "these are my labels\n" + SNAP_B, AB, 2),
    _case("shares of 1", "a.lut", "1 1.0 0.0 0.0 A\n2 0.0 1.0 0.0 B\n", AB, colors=RED_GREEN),
    _case("a NUL in a row", "a.txt", SNAP_A + '3 1 \0 3 1 1 1 "C"\n' + SNAP_B, AB, 2),
    _case("Latin-1", "a.txt", '1 255 0 0 1 1 1 "Größe"\n'.encode("latin-1"), {1: "Größe"}),
    _case("UTF-16", "a.txt", (SNAP_A + SNAP_B).encode("utf-16"), AB),
    _case("mark in front", "a.txt", b"\xef\xbb\xbf" + (SNAP_A + SNAP_B).encode(), AB),
    _case("last line cut", "a.txt", SNAP_A + SNAP_B + "3 255 0", AB, 3),
)
NAMED_ROWS = (
    _case("Slicer", "a.ctbl", "# Color table file\n1 Left_lung 255 0 0 255\n", {1: "Left lung"}, colors={1: "#ff0000"}),
    _case("quoted name", "a.ctbl", '1 "Left lung" 255 0 0 255\n2 B 0 255 0 255\n', {1: "Left lung", 2: "B"}),
    _case("bare name of two words", "a.ctbl", "1 Left lung 255 0 0 255\n2 B 0 255 0 255\n", {1: "Left lung", 2: "B"}),
    _case("alpha lost", "a.ctbl", "1 A 255 0 0\n2 B 0 255 0 255\n", AB, colors=RED_GREEN),
    _case("colour lost", "a.ctbl", "1 A\n2 B 0 255 0 255\n", AB),
    _case("floats to 255", "a.ctbl", "1 A 127.5 0 0 255\n2 B 0 255 0 255\n", AB, colors={1: "#800000"}),
    _case("name lost", "a.ctbl", "1 255 0 0 255\n2 B 0 255 0 255\n", {1: "", 2: "B"}),
    _case("value alone", "a.ctbl", "1\n2 B 0 255 0 255\n", {2: "B"}, 1),
    _case("superscript value", "a.ctbl", "² A 1 2 3 255\n2 B 0 255 0 255\n", {2: "B"}, 1),
    _case("number of 5000 digits", "a.ctbl", "9" * 5000 + " A 1 2 3 255\n2 B 0 255 0 255\n", {2: "B"}, 1),
    _case(
        "FreeSurfer", "L.txt", "#No. Label Name: R G B A\n17 Left-Hippocampus 220 216 20 0\n", {17: "Left-Hippocampus"}
    ),
    _case("FreeSurfer without header", "myColorLUT.txt", "1 A_1 255 0 0 0\n2 B 0 255 0 0\n", {1: "A_1", 2: "B"}),
    _case("Supervisely", "cls_color_map.txt", "1 A 255 0 0\n2 B 0 255 0\n", AB, colors=RED_GREEN),
    _case("blank line", "cls_color_map.txt", "1 A 255 0 0\n\n2 B 0 255 0\n", AB),
    _case("comment", "cls_color_map.txt", "# labels\n1 A 255 0 0\n2 B 0 255 0\n", AB),
    _case("mark in front of a map", "cls_color_map.txt", b"\xef\xbb\xbf1 A 255 0 0\n2 B 0 255 0\n", AB),
    _case("row without colour", "cls_color_map.txt", "1 A\n2 B 0 255 0\n", AB, colors={2: "#00ff00"}),
    _case("colour of two numbers", "cls_color_map.txt", "1 A 255 0\n2 B 0 255 0\n", {1: "A 255 0", 2: "B"}),
    _case(
        "name ends in a number", "cls_color_map.txt", "20 Zone 2 200 100 0\n", {20: "Zone 2"}, colors={20: "#c86400"}
    ),
    _case("names end in numbers, no hint", "x.txt", "1 Rib 11 255 0 0\n2 Rib 12 0 255 0\n", {1: "Rib 11", 2: "Rib 12"}),
    _case("tabs", "x.txt", "1\tA\t255\t0\t0\n2\tB\t0\t255\t0\n", AB, colors=RED_GREEN),
    _case("MRIcron", "aal.txt", "1 Precentral_L 2001\n2 B 2002\n", {1: "Precentral_L 2001", 2: "B 2002"}),
    _case("background row", "x.txt", "0 background 0 0 0\n1 A 255 0 0\n", {1: "A"}),
)
COLUMNS = (
    _case("semicolons", "a.csv", "id;name;color\n1;A;#ff0000\n2;B;#00ff00\n", AB, colors=RED_GREEN),
    _case(
        "blanks after commas", "a.csv", "index, name, r, g, b\n1, A, 255, 0, 0\n2, B, 0, 255, 0\n", AB, colors=RED_GREEN
    ),
    _case("no header", "a.csv", "1,A,255,0,0\n2,B,0,255,0\n", AB, colors=RED_GREEN),
    _case("no header, hex", "a.csv", "1,A,ff0000\n2,B,#0f0\n", AB, colors=RED_GREEN),
    _case("header in capitals", "a.csv", "LABEL ID,LABEL NAME\n1,A\n2,B\n", AB),
    _case("label is the value", "a.csv", "label,structure\n1,A\n2,B\n", AB),
    _case("label is the name", "a.csv", "id,label\n1,A\n2,B\n", AB),
    _case("quotation mark never closed", "a.csv", 'id,name\n3,"C\n1,A\n2,B\n', AB, 2),
    _case("two quotation marks never closed", "a.csv", 'id,name\n3,"C\n1,A\n4,"D\n2,B\n', AB, 2, 4),
    _case("line end in a cell", "a.csv", 'id,name,note\n1,A,"two\nlines"\n2,B,x\n', AB),
    _case("cells missing", "a.csv", "id,name,color\n1,A\n2,B,#00ff00\n", AB),
    _case("cells too many", "a.csv", "id,name\n1,A,x,y,z\n2,B\n", AB),
    _case("colour of CSS", "a.csv", "id;name;color\n1;A;rgb(255, 0,0)\n2;B;#00ff00\n", AB, colors=RED_GREEN),
    _case("unknown colour", "a.csv", "id,name,color\n1,A,blue\n2,B,#00ff00\n", AB, 2, colors={2: "#00ff00"}),
    _case("half a colour", "a.csv", "id,name,r,g,b\n1,A,255,,0\n2,B,0,255,0\n", AB, 2, colors={2: "#00ff00"}),
    _case("no colour", "a.csv", "id,name,color,opacity\n1,A,n/a,\n2,B,,n/a\n", AB),
    _case("impossible opacity", "a.csv", "id,name,opacity\n1,A,0.5\n2,B,255\n", AB, 3),
    _case("impossible visibility", "a.csv", "id,name,visible\n1,A,maybe\n2,B,no\n", AB, 2),
    _case("no value", "a.csv", "id,name\n1,A\n,C\n2,B\n", AB, 3),
    _case("word as value", "a.csv", "id,name\n1,A\nthree,C\n2,B\n", AB, 3),
    _case("exact names damaged", "a.csv", "id,name,ExactName\n1,A,%ED\n2,B,%E4%\n", AB),
    _case("exact name of another name", "a.csv", "id,name,ExactName\n1,A,%22C\n2,B,\n", AB),
    _case("broken hex", "a.csv", "id,name,color\n1,A,#ff00\n2,B,#00ff00\n", AB, 2, colors={2: "#00ff00"}),
    _case("NUL", "a.csv", "id,name\n1,A\n3\0,C\n2,B\n", AB, 3),
    _case("BIDS", "a_dseg.tsv", "index\tname\tcolor\n1\tA\t#ff0000\n2\tB\tn/a\n", AB, colors={1: "#ff0000"}),
    _case("BIDS starting at 0", "a.tsv", "index\tname\n0\tBackground\n1\tA\n2\tB\n", AB),
    _case("BIDS in words of a package", "a.tsv", "roi_value\troi_name\n1\tA\n2\tB\n", AB),
    _case("TSV with value as float", "a.tsv", "index\tname\n1.0\tA\n2.0\tB\n", AB),
)
OTHERS = (
    _case("JSON cut", "a.json", '{"labels": [{"value": 1, "name": "A"}', None),
    _case("JSON nested too deep", "a.json", "[" * 100_000, None),
    _case("JSON entries of all kinds", "a.json", '[{"value": 1, "name": "A"}, 5, null, {"value": true, "name": "x"}, '
          '{"name": "y"}, {"value": 2, "name": "B"}, {"value": 1e999, "name": "z"}]', AB, None, None, None, None, None),
    _case("JSON colours of all kinds", "a.json", '[{"value": 1, "name": "A", "color": [255, 0, 0]}, '
          '{"value": 2, "name": "B", "color": "#00ff00"}, {"value": 3, "name": "C", "color": [1, 2]}, '
          '{"value": 4, "name": "D", "color": [1' + "0" * 400 + ', 0, 0]}]', AB | {3: "C", 4: "D"}, None, None,
          colors=RED_GREEN),
    _case("nnU-Net", "dataset.json", '{"channel_names": {"0": "CT"}, "labels": {"background": 0, "A": 1, "B": 2}}', AB),
    _case("nnU-Net 1", "dataset.json", '{"labels": {"0": "background", "1": "A", "2": "B"}}', AB),
    _case("nnU-Net regions", "d.json", '{"labels": {"background": 0, "whole": [1, 2], "A": 1, "B": 2}}', AB, None),
    _case("XML element cut", "a.xml", '<LabelTable>\n<Label Key="1">A</Label>\n<Label Key="2">B</Label>\n<Label Key="3',
          AB, 4),
    _case("XML without keys and ends", "a.xml", '<LabelTable>\n<Label>x</Label>\n<Label Key="1">A</Label>\n'
          '<Label Key="9">never ends\n<Label Key="2"><![CDATA[B]]></Label></LabelTable>', AB, 2, 4),
    _case("XML with entities", "a.xml", '<!DOCTYPE x [<!ENTITY a "aaaa">]><LabelTable><Label Key="1">A &lt;&a;</Label>',
          {1: "A <&a;"}),
    _case("an image", "a.txt", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + bytes(range(256)), None),
    _case("empty", "a.txt", "", None),
    _case("blank lines only", "a.txt", "\n \n\t\n", None),
    _case("comments only", "a.csv", "# nothing\n", None),
    _case("prose", "readme.txt", "This folder holds masks.\nAsk the author.\n", None),
    _case("a header alone", "a.csv", "value,name\n", {}),
)  # fmt: skip
BROKEN = (*ITKSNAP, *NAMED_ROWS, *COLUMNS, *OTHERS)
