"""What holds for every preset and every document: undo is exact, twice is once, voxels stay, files keep all."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from MultiLabelSegLib import Label
from MultiLabelSegLib.edit import History
from MultiLabelSegLib.presets.apply import apply_preset
from MultiLabelSegLib.presets.lsetp import lsetp_text, parse_lsetp
from MultiLabelSegLib.presets.preset import FIELDS, LabelSetPreset, PresetGroup, PresetLabel
from MultiLabelSegLib.presets.preset_json import parse_preset, preset_text
from Testing.properties.documents import VALUES, check_invariants, segmentations, snapshot

JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**40), 2**40)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=4), inner, max_size=2),
    max_leaves=4,
)
#: XML has no characters for controls and surrogates, UTF-8 none for surrogates
TEXT = st.text(st.characters(exclude_categories=("Cs", "Cc"), exclude_characters="\ufffe\uffff"), max_size=6)


@st.composite
def presets(draw: Callable[..., Any], with_open_values: bool = True) -> LabelSetPreset:
    """Up to four groups, some without a name; labels state all or some, and some have no value."""
    values = draw(st.lists(VALUES, max_size=6, unique=True))
    open_names = draw(st.lists(st.sampled_from(["L0", "L1", "X"]), max_size=2, unique=True)) if with_open_values else []
    entries = [PresetLabel(_label(draw, value), _stated(draw) | {"value"}) for value in values]
    entries += [PresetLabel(_label(draw, 1).with_(name=name), _stated(draw) - {"value"}) for name in open_names]
    count = draw(st.integers(0, 4))
    homes = [draw(st.integers(0, max(count - 1, 0))) for _ in entries]
    groups = [
        PresetGroup(
            tuple(entry for entry, home in zip(entries, homes, strict=True) if home == index),
            draw(st.sampled_from(["", "G", "H", None])),
        )
        for index in range(count)
    ]
    return LabelSetPreset(tuple(groups), is_complete=draw(st.booleans()))


def _label(draw: Callable[..., Any], value: int) -> Label:
    red = draw(st.floats(0, 1, width=32))
    properties = draw(st.dictionaries(st.text(max_size=5), JSON, max_size=2))
    return Label(
        value, draw(TEXT), (red, 0.5, 0), 0.25, draw(st.booleans()), draw(st.booleans()), properties=properties
    )


def _stated(draw: Callable[..., Any]) -> frozenset[str]:
    return frozenset(draw(st.sets(st.sampled_from(sorted(FIELDS)))) | {"name"})


@given(segmentations(), presets(), st.sampled_from(["keep", "mitk"]))
def test_undo_restores_exactly_and_redo_does_the_same_again(segmentation, preset, mode) -> None:
    before, history = snapshot(segmentation), History(segmentation)
    history.do(apply_preset(segmentation, preset, mode).command)
    check_invariants(segmentation)
    after = snapshot(segmentation)
    if history.can_undo:
        history.undo()
        assert snapshot(segmentation) == before
        check_invariants(segmentation)
        history.redo()
    assert snapshot(segmentation) == after


@given(segmentations(), presets())
def test_no_voxel_changes_and_no_label_is_lost_and_twice_is_once(segmentation, preset) -> None:
    history = History(segmentation)
    arrays = [group.array.copy() for group in segmentation.groups]
    homes = {value: segmentation.group_index_of(value) for value in segmentation.values}
    application = apply_preset(segmentation, preset)
    history.do(application.command)
    for array, group in zip(arrays, segmentation.groups, strict=False):
        assert (array == group.array).all()
    assert all(segmentation.group_index_of(value) == home for value, home in homes.items())
    assert {label.value for label in preset.labels} <= set(segmentation.values)
    assert not any(group.array.any() for group in segmentation.groups[len(arrays) :])
    assert apply_preset(segmentation, preset).command.changes == []


@given(segmentations(), presets(with_open_values=False))
def test_mitks_way_puts_every_label_where_the_preset_has_it(segmentation, preset) -> None:
    application = apply_preset(segmentation, preset, "mitk")
    doomed = {label.value: label.voxels for label in application.moved}
    kept = {value: segmentation.voxels(value) for value in segmentation.values if value not in doomed}
    assert doomed == {value: segmentation.voxels(value) for value in doomed}
    History(segmentation).do(application.command)
    for index, group in enumerate(preset.groups):
        assert all(entry.label.value in segmentation.groups[index] for entry in group.labels)
    assert {value: segmentation.voxels(value) for value in kept} == kept
    assert apply_preset(segmentation, preset, "mitk").command.changes == []


@given(presets())
def test_json_keeps_every_preset(preset: LabelSetPreset) -> None:
    again = parse_preset(preset_text(preset), Path("p"))
    assert [group.name for group in again.groups] == [group.name or "" for group in preset.groups]
    for mine, theirs in zip(preset.groups, again.groups, strict=True):
        for entry, found in zip(mine.labels, theirs.labels, strict=True):
            assert found.stated == entry.stated - {name for name in ("description", "tracking_id", "tracking_uid")}
            assert _as_stated(found) == _as_stated(entry)


@given(presets(with_open_values=False))
def test_xml_keeps_every_preset_but_names_of_groups(preset: LabelSetPreset) -> None:
    again = parse_lsetp(lsetp_text(preset), Path("p"))
    for mine, theirs in zip(preset.groups, again.groups, strict=True):
        for entry, found in zip(mine.labels, theirs.labels, strict=True):
            assert found.stated - {"description"} == entry.stated - {"description"}
            assert _as_stated(found) == _as_stated(entry)


def _as_stated(entry: PresetLabel) -> tuple[dict[str, Any], dict[str, Any]]:
    """What is stated but empty texts, which a file may leave out, and the properties."""
    fields = {name: getattr(entry.label, name) for name in entry.stated}
    return {name: value for name, value in fields.items() if value != ""}, dict(entry.label.properties)
