"""The files of an installed TotalSegmentator that we read, small, in their present form and in an older one."""

from __future__ import annotations

from pathlib import Path

CLASSES = {
    "total": {1: "spleen", 2: "kidney_right", 3: "kidney_left", 5: "liver"},
    "body": {1: "body_trunc", 2: "body_extremities"},
    "tissue_types": {1: "subcutaneous_fat"},
}
LICENSED = ("tissue_types",)

MAP = f"""# comment
import os
class_map = {CLASSES!r}
class_map["total_v3"] = class_map["total"].copy()
class_map["total_v3"][5] = "liver_new"
commercial_models = {{"tissue_types": 481}}
computed = os.getcwd()
class_map_other = {{name: 1 for name in class_map}}
"""
REGISTRY = "from x import y\nTASKS = [\n 'total', 'total_v3', 'body', 'tissue_types', 'test', 'unknown']\n"
PROGRAM = """
import argparse
parser = argparse.ArgumentParser()
parser.add_argument("-ta", "--task", choices=["total", "body", "tissue_types"], default="total")
"""
_HEAD = (
    "Structure,SegmentedPropertyCategoryCodeSequence.CodingSchemeDesignator,"
    "SegmentedPropertyCategoryCodeSequence.CodeValue,SegmentedPropertyCategoryCodeSequence.CodeMeaning,"
    "SegmentedPropertyTypeCodeSequence.CodingSchemeDesignator,SegmentedPropertyTypeCodeSequence.CodeValue,"
    "SegmentedPropertyTypeCodeSequence.CodeMeaning,SegmentedPropertyTypeModifierCodeSequence.CodingSchemeDesignator,"
    "SegmentedPropertyTypeModifierCodeSequence.CodeValue,SegmentedPropertyTypeModifierCodeSequence.CodeMeaning"
)
TABLE = (
    f"{_HEAD},DicomRGBColor\n"
    'spleen,SCT,123037004,Anatomical Structure,SCT,78961009,Spleen,,,,"50,170,60"\n'
    "kidney_left,SCT,123037004,Anatomical Structure,SCT,64033007,Kidney,SCT,7771000,Left,\n"
)


def write_package(environment: Path, old: bool = False) -> Path:
    """Puts the package's files into an environment; ``old``: without registry and colours."""
    folder = environment / "lib" / "python3.11" / "site-packages" / "totalsegmentator"
    (folder / "resources").mkdir(parents=True)
    (folder / "bin").mkdir()
    (folder / "map_to_binary.py").write_text(MAP)
    (folder / "bin" / "TotalSegmentator.py").write_text(PROGRAM)
    table = folder / "resources" / "totalsegmentator_snomed_mapping.csv"
    if old:
        table.write_text("\n".join(line.rpartition(",")[0] for line in TABLE.replace('"50,170,60"', "").splitlines()))
    else:
        (folder / "registry.py").write_text(REGISTRY)
        table.write_text(TABLE)
    return folder
