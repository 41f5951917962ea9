"""The forms of presets that the documentation shows are what the readers take."""

from __future__ import annotations

from pathlib import Path

import pytest

from MultiLabelSegLib.presets.any_preset import read_preset

PAGE = Path(__file__).parents[2] / "docs" / "labels.md"


@pytest.mark.parametrize(("language", "suffix"), [("json", ".mitklabel.json"), ("xml", ".lsetp")])
def test_the_documented_preset_is_one_liver_of_value_1(tmp_path: Path, language: str, suffix: str) -> None:
    section = PAGE.read_text(encoding="utf-8").partition("## Presets")[2]
    (tmp_path / f"p{suffix}").write_text(section.partition(f"```{language}\n")[2].partition("```")[0])
    (group,) = read_preset(tmp_path / f"p{suffix}").groups
    (label,) = group.labels
    assert (label.value, label.label.name) == (1, "Liver")
