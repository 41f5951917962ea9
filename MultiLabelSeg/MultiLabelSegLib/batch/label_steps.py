"""The label operations as steps of a recipe: dataclasses of parameters that make commands of ``edit.operations``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, Literal

from ..core import Segmentation
from ..edit import operations as ops
from ..edit.changes import Command
from ..edit.proposal import OverwriteStyle
from ..tools.contour_store import remove_labels
from ..tools.parameters import parameter
from .flag_steps import Hide, Lock, LockUnlabelled, Show, Unlock
from .step_base import LABELS_HELP, Labels, Step
from .targets import LabelKey, color_of, group_index, label_value, label_values


@dataclass(frozen=True, kw_only=True)
class AddGroup(Step):
    """Adds an empty group behind the others."""

    do: ClassVar[str] = "add_group"
    name: str = parameter("", help="the group's name")

    def command(self, segmentation: Segmentation) -> Command:
        """See ``LabelStep``."""
        return ops.add_group(segmentation, self.name)


@dataclass(frozen=True, kw_only=True)
class RemoveGroup(Step):
    """Removes a group with its labels."""

    do: ClassVar[str] = "remove_group"
    group: int | str = parameter(help="the group, by index from 0 or by name")

    def command(self, segmentation: Segmentation) -> Command:
        """See ``LabelStep``."""
        return ops.remove_group(segmentation, group_index(segmentation, self.group))


@dataclass(frozen=True, kw_only=True)
class RenameGroup(Step):
    """Names a group."""

    do: ClassVar[str] = "rename_group"
    group: int | str = parameter(help="the group, by index from 0 or by name")
    name: str = parameter(help="its new name")

    def command(self, segmentation: Segmentation) -> Command:
        """See ``LabelStep``."""
        return ops.rename_group(segmentation, group_index(segmentation, self.group), self.name)


@dataclass(frozen=True, kw_only=True)
class AddLabel(Step):
    """Adds an empty label; what is not given is chosen as MITK would."""

    do: ClassVar[str] = "add_label"
    group: int | str = parameter(0, help="the group, by index from 0 or by name")
    name: str | None = parameter(None, help="the label's name")
    value: int | None = parameter(None, minimum=1, maximum=65535, help="its value; the next free one unless given")
    color: str | None = parameter(None, help="#rrggbb or a CSS name")
    locked: bool = parameter(True, help="whether other labels' tools leave it alone")

    def command(self, segmentation: Segmentation) -> Command:
        """See ``LabelStep``."""
        color = None if self.color is None else color_of(self.color)
        group = group_index(segmentation, self.group)
        return ops.add_label(segmentation, group, self.name, color, value=self.value, locked=self.locked)


@dataclass(frozen=True, kw_only=True)
class AddInstance(Step):
    """Adds another instance of a label: same name and look, a value of its own."""

    do: ClassVar[str] = "add_instance"
    label: LabelKey = parameter(help="the label, by value or name")
    value: int | None = parameter(None, minimum=1, maximum=65535, help="its value; the next free one unless given")

    def command(self, segmentation: Segmentation) -> Command:
        """See ``LabelStep``."""
        first = label_values(segmentation, self.label)[0]
        return ops.add_instance(segmentation, first, new_value=self.value)


@dataclass(frozen=True, kw_only=True)
class Rename(Step):
    """Renames a label: by value this instance alone, by name all instances."""

    do: ClassVar[str] = "rename"
    label: Labels = parameter(help=LABELS_HELP)
    name: str = parameter(help="the new name")
    color: str | None = parameter(None, help="the new colour: #rrggbb or a CSS name")

    def command(self, segmentation: Segmentation) -> Command:
        """See ``LabelStep``."""
        color = None if self.color is None else color_of(self.color)
        return ops.rename_labels(segmentation, label_values(segmentation, self.label), self.name, color)


@dataclass(frozen=True, kw_only=True)
class Clear(Step):
    """Makes the voxels of labels unlabelled; the labels stay."""

    do: ClassVar[str] = "clear"
    label: Labels = parameter(help=LABELS_HELP)

    def command(self, segmentation: Segmentation) -> Command:
        """See ``LabelStep``."""
        return ops.clear_labels(segmentation, label_values(segmentation, self.label))


@dataclass(frozen=True, kw_only=True)
class Remove(Step):
    """Removes labels with their voxels."""

    do: ClassVar[str] = "remove"
    label: Labels = parameter(help=LABELS_HELP)

    def command(self, segmentation: Segmentation) -> Command:
        """See ``LabelStep``."""
        return remove_labels(segmentation, label_values(segmentation, self.label))


@dataclass(frozen=True, kw_only=True)
class Merge(Step):
    """Gives the voxels of labels to another label."""

    do: ClassVar[str] = "merge"
    label: LabelKey = parameter(help="the label that gets the voxels")
    sources: Labels = parameter(help="the labels that give theirs")
    remove: bool = parameter(False, help="remove the sources afterwards")
    locks: Literal["regard", "ignore"] = parameter("regard", help="whether other locked labels keep their voxels")

    def command(self, segmentation: Segmentation) -> Command:
        """See ``LabelStep``."""
        target, sources = label_value(segmentation, self.label), label_values(segmentation, self.sources)
        given = [value for value in sources if value != target]
        return ops.merge_labels(segmentation, target, given, _overwrite(self.locks), remove_sources=self.remove)


@dataclass(frozen=True, kw_only=True)
class CopyToGroup(Step):
    """Copies a label with its voxels to another group, where it gets a new value."""

    do: ClassVar[str] = "copy_to_group"
    label: LabelKey = parameter(help="the label, by value or name")
    group: int | str | None = parameter(None, help="the group, by index from 0 or by name; a new one unless given")
    locks: Literal["regard", "ignore"] = parameter("regard", help="whether locked labels there keep their voxels")

    def command(self, segmentation: Segmentation) -> Command:
        """See ``LabelStep``."""
        group = None if self.group is None else group_index(segmentation, self.group)
        return ops.copy_label_to_group(
            segmentation, label_value(segmentation, self.label), group, _overwrite(self.locks)
        )


@dataclass(frozen=True, kw_only=True)
class MoveToGroup(Step):
    """Moves a label with its voxels to another group; its value stays."""

    do: ClassVar[str] = "move_to_group"
    label: LabelKey = parameter(help="the label, by value or name")
    group: int | str = parameter(help="the group, by index from 0 or by name")

    def command(self, segmentation: Segmentation) -> Command:
        """See ``LabelStep``."""
        group = group_index(segmentation, self.group)
        return ops.move_label_to_group(segmentation, label_value(segmentation, self.label), group)


@dataclass(frozen=True, kw_only=True)
class ChangeValue(Step):
    """Gives a label another value, its voxels with it."""

    do: ClassVar[str] = "change_value"
    label: LabelKey = parameter(help="the label, by value or name")
    value: int = parameter(minimum=1, maximum=65535, help="its new value")

    def command(self, segmentation: Segmentation) -> Command:
        """See ``LabelStep``."""
        return ops.change_values(segmentation, {label_value(segmentation, self.label): self.value})


@dataclass(frozen=True, kw_only=True)
class Split(Step):
    """Splits a label into instances, one for each connected part; the largest keeps the value."""

    do: ClassVar[str] = "split"
    label: LabelKey = parameter(help="the label, by value or name")
    connectivity: Literal[6, 18, 26] = parameter(26, help="neighbours that count as connected")
    minimum_voxels: int = parameter(1, minimum=1, unit="voxels", help="smaller parts stay with the largest one")

    def command(self, segmentation: Segmentation) -> Command:
        """See ``LabelStep``."""
        value = label_value(segmentation, self.label)
        return ops.split_label(segmentation, value, connectivity=self.connectivity, minimum_voxels=self.minimum_voxels)


@dataclass(frozen=True, kw_only=True)
class SetFolder(Step):
    """Puts labels into a display folder."""

    do: ClassVar[str] = "set_folder"
    label: Labels = parameter(help=LABELS_HELP)
    folder: str = parameter(help='a path such as "Bones/Spine"; empty: none')

    def command(self, segmentation: Segmentation) -> Command:
        """See ``LabelStep``."""
        return ops.set_folder(segmentation, label_values(segmentation, self.label), self.folder)


def _overwrite(locks: str) -> OverwriteStyle:
    return OverwriteStyle.REGARD_LOCKS if locks == "regard" else OverwriteStyle.IGNORE_LOCKS


_ALL: tuple[Any, ...] = (
    AddGroup,
    RemoveGroup,
    RenameGroup,
    AddLabel,
    AddInstance,
    Rename,
    Lock,
    Unlock,
    Show,
    Hide,
    LockUnlabelled,
    Clear,
    Remove,
    Merge,
    CopyToGroup,
    MoveToGroup,
    ChangeValue,
    Split,
    SetFolder,
)
#: name in recipes -> class
LABEL_STEPS: dict[str, Any] = {kind.do: kind for kind in _ALL}
