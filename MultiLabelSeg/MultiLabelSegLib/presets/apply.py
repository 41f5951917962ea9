"""Applying a preset to a segmentation: one command that can be undone, and the account of what it does."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal, get_args

import numpy as np

from ..core import Group, Label, Segmentation
from ..core.naming import free_value
from ..edit.changes import Change, Command, GroupChange, LabelChange, PropertyChange
from ..edit.operations.voxels import erasure
from ..errors import OptionError, PresetError
from .preset import FIELDS, LabelSetPreset, PresetGroup, PresetLabel

Mode = Literal["keep", "refuse", "mitk"]
MODES: tuple[Mode, ...] = get_args(Mode)
#: the only fields that MITK leaves as they are where a preset does not state them
_TRACKING = frozenset(("tracking_id", "tracking_uid"))


@dataclass(frozen=True)
class Elsewhere:
    """A label that is in another group than the preset says; ``voxels`` counts those that ``mitk`` deletes."""

    value: int
    name: str
    group: int
    preset_group: int
    voxels: int = 0


@dataclass
class Application:
    """What applying a preset does; ``command`` is what ``History.do`` takes.

    ``updated`` are values of labels that change, ``added`` those of new labels, ``new_groups`` indices of new groups,
    ``renamed_groups`` (index, old name, new name). ``elsewhere`` lists labels that stay in another group than the
    preset's, ``moved`` those that ``mitk`` puts into the preset's group without their voxels. ``adopted`` maps the
    value of a new label to the voxels of that value that had no label before.
    """

    command: Command = field(default_factory=lambda: Command("Apply preset", ()))
    updated: list[int] = field(default_factory=list)
    added: list[int] = field(default_factory=list)
    new_groups: list[int] = field(default_factory=list)
    renamed_groups: list[tuple[int, str, str]] = field(default_factory=list)
    elsewhere: list[Elsewhere] = field(default_factory=list)
    moved: list[Elsewhere] = field(default_factory=list)
    adopted: dict[int, int] = field(default_factory=dict)

    def lines(self) -> Iterator[str]:
        """The account, a sentence a line; one line where nothing changes."""
        if not self.command.changes:
            yield "nothing changes, all of the preset is there already"
        for what, values in (("changed", self.updated), ("added empty", self.added)):
            if values:
                yield f"{what}: {len(values)} labels ({', '.join(map(str, values))})"
        if self.new_groups:
            yield f"added groups: {', '.join(str(index) for index in self.new_groups)}"
        for index, old, new in self.renamed_groups:
            yield f"group {index} {old!r} is named {new!r}"
        for value, voxels in self.adopted.items():
            yield f"{voxels} voxels of the value {value} had no label, now they have"
        for label in self.elsewhere:
            where = f"stays in group {label.group}; the preset has it in group {label.preset_group}"
            yield f"label {label.value} {label.name!r} {where}"
        for label in self.moved:
            where = f"is moved from group {label.group} to {label.preset_group}"
            yield f"label {label.value} {label.name!r} {where}, its {label.voxels} voxels are deleted"


def apply_preset(segmentation: Segmentation, preset: LabelSetPreset, mode: Mode = "keep") -> Application:
    """The command that gives a segmentation the labels and groups of a preset; nothing is changed yet.

    A label that exists gets what the preset states, one that is missing is added without voxels, groups are made as
    needed, labels that the preset does not know stay. A preset group without a name leaves the group's name. Voxels
    are never touched: a label that is in another group stays there and takes the properties (``elsewhere``);
    ``refuse`` raises instead. A preset label without a value is the first label of its name, or a new one.

    ``mitk`` does what MITK 2026.06 does: such a label is put into the preset's group and its voxels are deleted,
    fields that its own presets do not state become its defaults (tracking ids stay), a group that is not named in JSON
    loses its name, and labels without a value are always new. Two things are not imitated: such labels never get a
    value that the preset gives to another one, which would replace them; and MITK gives up half way when JSON puts
    an existing label into a new group, here that label is moved.

    Raises PresetError under ``refuse`` (naming all such labels), OptionError for another mode, ValueSpaceFullError.
    """
    if mode not in MODES:
        raise OptionError("mode", mode, MODES)
    plan = _Plan(segmentation, preset, mode)
    for index, group in enumerate(preset.groups):
        plan.take_group(index, group)
    if mode == "refuse" and plan.result.elsewhere:
        listed = ", ".join(
            f"{label.value} {label.name!r} (in group {label.group}, in the preset {label.preset_group})"
            for label in plan.result.elsewhere
        )
        raise PresetError(f"{preset.title}: labels are in other groups than the preset says: {listed}")
    return plan.finished()


class _Plan:
    """Collects changes in the order in which they can be applied: voxels, labels out, groups, labels in."""

    def __init__(self, segmentation: Segmentation, preset: LabelSetPreset, mode: Mode) -> None:
        self.result = Application()
        self._segmentation, self._preset, self._mode = segmentation, preset, mode
        self._groups: list[Change] = []
        self._labels: list[Change] = []
        #: voxel values without a label, and the groups where they are
        self._stray: dict[int, list[int]] = {}
        for index, group in enumerate(segmentation.groups):
            for value in group.undeclared_values():
                self._stray.setdefault(value, []).append(index)
        self._stated = {label.value for label in preset.labels}
        self._used = {*segmentation.values, *(() if mode == "mitk" else self._stray)}
        # by value: a label that was added for the second of two names is found for the second again
        self._unclaimed = sorted(
            (label for label in segmentation.labels if label.value not in self._stated), key=lambda label: label.value
        )

    def take_group(self, index: int, group: PresetGroup) -> None:
        """Plans one group of the preset with its labels."""
        segmentation = self._segmentation
        if index >= len(segmentation.groups):
            made = Group(np.zeros(segmentation.geometry.full_shape, np.uint8), (), group.name or "", group.properties)
            self._groups.append(GroupChange(index, made))
            self.result.new_groups.append(index)
        else:
            self._change_group(index, group)
        for entry in group.labels:
            self._take_label(index, self._with_value(entry))

    def _change_group(self, index: int, group: PresetGroup) -> None:
        former = self._segmentation.group(index)
        erased = self._mode == "mitk" and group.name is not None
        if (group.name or erased) and former.name != group.name:
            self.result.renamed_groups.append((index, former.name, group.name or ""))
            self._groups.append(PropertyChange(index, "name", group.name or ""))
        properties = {**former.properties, **group.properties}
        if properties != former.properties:
            self._groups.append(PropertyChange(index, "properties", properties))

    def _with_value(self, entry: PresetLabel) -> PresetLabel:
        """A preset label with the value that it means in this segmentation."""
        if entry.value is not None:
            self._used.add(entry.value)
            return entry
        same = [label for label in self._unclaimed if label.name == entry.label.name and self._mode != "mitk"]
        if same:
            self._unclaimed.remove(same[0])
        value = same[0].value if same else free_value(self._used)
        if value in self._stated and not same:
            value = free_value(self._used | self._stated)
        self._used.add(value)
        return PresetLabel(entry.label.with_(value=value), entry.stated | {"value"})

    def _take_label(self, index: int, entry: PresetLabel) -> None:
        value = entry.label.value
        segmentation, is_mitk = self._segmentation, self._mode == "mitk"
        exists = value in segmentation
        strays = self._stray.get(value, [index])
        home = index if index in strays else strays[0]
        home = segmentation.group_index_of(value) if exists else home
        if exists and (home == index or not is_mitk):
            self._update(home, segmentation.label(value), entry)
        elif exists:
            name, voxels = segmentation.label(value).name, segmentation.voxels(value)
            self.result.moved.append(Elsewhere(value, name, home, index, voxels))
            self._labels.append(LabelChange(index, value, entry.label))
        else:
            home = index if is_mitk else home
            self.result.added.append(value)
            self._labels.append(LabelChange(home, value, entry.label))
            if home < len(segmentation.groups) and value in self._stray:
                voxels = segmentation.group(home).voxels(value)
                self.result.adopted.update({value: voxels} if voxels else {})
        if home != index and not is_mitk:
            self.result.elsewhere.append(Elsewhere(value, entry.label.name, home, index))

    def _update(self, home: int, label: Label, entry: PresetLabel) -> None:
        whole = self._mode == "mitk" and self._preset.is_complete
        made = entry.applied_to(label, (FIELDS - _TRACKING) | entry.stated if whole else None)
        if made != label:
            self.result.updated.append(label.value)
            self._labels.append(LabelChange(home, label.value, made))

    def finished(self) -> Application:
        """The account with its command."""
        moved = [label.value for label in self.result.moved]
        resolution = erasure(self._segmentation, moved)
        out: list[Change] = [LabelChange(label.group, label.value, None) for label in self.result.moved]
        changes = [*resolution.patches, *out, *self._groups, *self._labels]
        values = (*self.result.added, *self.result.updated, *moved)
        source = self._preset.source
        title = "Apply preset" if source is None else f"Apply preset {source.name}"
        self.result.command = Command(title, changes, resolution, values)
        return self.result
