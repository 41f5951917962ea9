"""The real Slicer core reads our color tables, and we read what it saves."""

from __future__ import annotations

import json
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from MultiLabelSegLib.formats.label_tables import DIALECTS, LabelTable, TableEntry, read_table, write_table
from MultiLabelSegLib.formats.report import Report
from Testing.formats.table_cases import ODD_NAMES, names

pytestmark = [
    pytest.mark.slicer_core,
    pytest.mark.skipif(find_spec("slicer") is None, reason="slicer-core is not installed"),
]

_CHILD = Path(__file__).with_name("color_table_child.py")
CODES = {
    "segmented_property_category.scheme": "SCT",
    "segmented_property_category.value": "123037004",
    "segmented_property_category.meaning": "Anatomical Structure",
    "segmented_property_type.scheme": "SCT",
    "segmented_property_type.value": "10200004",
    "segmented_property_type.meaning": "Liver, whole",
    "segmented_property_type.modifier.[0].scheme": "SCT",
    "segmented_property_type.modifier.[0].value": "24028007",
    "segmented_property_type.modifier.[0].meaning": "Right",
}
ODD = LabelTable(
    tuple(
        TableEntry(value * 7, name, (value / 255, 1.0, 0.0), 0.6, properties=CODES if value == 1 else {})
        for value, name in enumerate(ODD_NAMES, 1)
    )
)
TOP = LabelTable((*ODD.entries, TableEntry(65535, "top", (1.0, 0.0, 0.0), 1.0)))


def slicer_reads(folder: Path, paths: list[Path], save: str = "") -> list[dict[int, list[Any]]]:
    """The colors that Slicer finds in each table: value -> [name, red, green, blue, alpha, codes]."""
    request, answer = folder / "request.json", folder / "answer.json"
    asked = [{"path": str(path), "save": str(path.with_name(f"{save}{path.name}")) if save else ""} for path in paths]
    request.write_text(json.dumps(asked), encoding="utf-8")
    child = subprocess.run(
        [sys.executable, str(_CHILD), str(request), str(answer)],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert child.returncode == 0, child.stderr[-2000:]
    answers = json.loads(answer.read_text(encoding="utf-8"))
    assert [found["messages"] for found in answers] == [""] * len(paths)
    return [{int(value): color for value, color in found["colors"].items()} for found in answers]


@pytest.fixture(scope="module")
def read_by_slicer(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[dict[int, list[Any]], Path]]:
    """What Slicer finds in our tables, and the files that it saves in turn."""
    folder = tmp_path_factory.mktemp("tables")
    paths = [folder / f"table{DIALECTS[dialect].suffix}" for dialect in ("ctbl", "slicer-csv", "freesurfer")]
    for path, dialect in zip(paths, ("ctbl", "slicer-csv", "freesurfer"), strict=True):
        write_table(TOP, path, dialect)
    found = slicer_reads(folder, paths, "saved-")
    kinds = zip(("ctbl", "slicer-csv", "freesurfer"), found, paths, strict=True)
    return {dialect: (colors, path.with_name(f"saved-{path.name}")) for dialect, colors, path in kinds}


@pytest.mark.parametrize("dialect", ["ctbl", "slicer-csv", "freesurfer"])
def test_slicer_finds_every_value_and_colour(
    read_by_slicer: dict[str, tuple[dict[int, list[Any]], Path]], dialect: str
) -> None:
    found, _ = read_by_slicer[dialect]
    assert sorted(found) == [0, *TOP.values]
    for entry in TOP.entries:
        assert [round(channel * 255) for channel in found[entry.value][1:4]] == list(entry.color_bytes)


@pytest.mark.parametrize("dialect", ["ctbl", "slicer-csv"])
def test_slicer_finds_opacities(read_by_slicer: dict[str, tuple[dict[int, list[Any]], Path]], dialect: str) -> None:
    found, _ = read_by_slicer[dialect]
    assert [found[entry.value][4] for entry in TOP.entries] == pytest.approx([entry.opacity for entry in TOP.entries])


def test_slicer_finds_every_name_and_code_in_the_csv(
    read_by_slicer: dict[str, tuple[dict[int, list[Any]], Path]],
) -> None:
    found, _ = read_by_slicer["slicer-csv"]
    exact = [name for name in ODD_NAMES if found[7 * (ODD_NAMES.index(name) + 1)][0] == name]
    changed = set(ODD_NAMES) - set(exact)
    assert all(set(name) & set('"\\\0\t\n\r\x85\ud800') or name.lower() == "n/a" for name in changed)
    assert found[7][5] == {
        "Category": ["SCT", "123037004", "Anatomical Structure"],
        "Type": ["SCT", "10200004", "Liver, whole"],
        "TypeModifier": ["SCT", "24028007", "Right"],
    }


def test_slicer_finds_names_with_blanks_for_underscores_in_the_ctbl(
    read_by_slicer: dict[str, tuple[dict[int, list[Any]], Path]],
) -> None:
    found, _ = read_by_slicer["ctbl"]
    named = {name: found[7 * (ODD_NAMES.index(name) + 1)][0] for name in ODD_NAMES}
    assert named["7 7 7 7"] == "7 7 7 7"
    assert named["Lunge_rechts unten"] == "Lunge rechts unten"
    assert named["größe 肝臓 🫀 ß"] == "größe 肝臓 🫀 ß"
    assert named[""] == ""


@pytest.mark.parametrize("dialect", ["ctbl", "slicer-csv"])
def test_we_read_what_slicer_saves_as_it_holds_it(
    read_by_slicer: dict[str, tuple[dict[int, list[Any]], Path]], dialect: str
) -> None:
    held, saved = read_by_slicer[dialect]
    report = Report()
    table = read_table(saved, report)
    assert report.left_out == []
    assert table.values == TOP.values
    if dialect == "slicer-csv":
        assert names(table) == {value: color[0] for value, color in held.items() if value}
        assert dict(table.entries[0].properties) == CODES
    else:
        assert names(table)[7 * (ODD_NAMES.index("7 7 7 7") + 1)] == "7 7 7 7"
    for entry in table.entries:
        assert entry.color == pytest.approx(held[entry.value][1:4], abs=0.5 / 255)


def test_slicer_reads_a_table_in_which_all_names_are_plain_unchanged(tmp_path: Path) -> None:
    plain = LabelTable((TableEntry(1, "Left lung", (1.0, 0.0, 0.0), 1.0), TableEntry(4, "Größe", (0.0, 0.0, 1.0), 0.6)))
    paths = [tmp_path / "a.ctbl", tmp_path / "a.csv"]
    write_table(plain, paths[0], "ctbl")
    write_table(plain, paths[1], "slicer-csv")
    for found in slicer_reads(tmp_path, paths):
        assert {value: color[0] for value, color in found.items() if value} == names(plain)
