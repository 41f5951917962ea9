"""Edits that others make in our node, such as Slicer's Segment Editor: found, made undoable, kept off locked labels."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import reduce
from typing import Any

import numpy as np

from ..bridges.slicer_tags import label_from_segment, own_tags
from ..core import Box, Group, Label, Segmentation
from ..core.naming import free_value
from ..edit import Change, Command, GroupChange, History, LabelChange, OrderChange, VoxelPatch
from ..edit.operations import remove_labels
from ..errors import HostError
from ..signal import Signal
from .mrml_changed import Split, split, table_of
from .mrml_compose import Composed, Source, compose
from .mrml_grid import LABELMAP
from .mrml_segments import read_look, read_segment
from .mrml_view import Later, SegmentationView

TITLE = "Edit made in the scene"


@dataclass(eq=False)
class ForeignEdit:
    """What somebody else did to the node, as far as it concerns locks.

    ``command`` is what was applied already, as one undoable step (None: nothing). What would have taken voxels from
    locked labels was not: ``protected`` counts these voxels by label (0: unlabelled space), ``removed`` names locked
    labels that were deleted. The node shows the document again. ``accept`` applies the rest too, as a step of its own;
    ``restore`` leaves it at that.
    """

    history: History
    command: Command | None
    protected: Mapping[int, int] = field(default_factory=dict)
    removed: tuple[int, ...] = ()
    notes: tuple[str, ...] = ()
    kept: Sequence[tuple[Group, VoxelPatch]] = ()

    @property
    def needs_answer(self) -> bool:
        """Whether a locked label was concerned and neither ``accept`` nor ``restore`` was called."""
        return bool(self.kept or self.removed)

    def accept(self) -> None:
        """Applies what the locks kept. Raises HostError when a group that it concerns is gone."""
        document = self.history.segmentation
        changes: list[Change] = []
        for group, patch in self.kept:
            if not any(group is known for known in document.groups):
                raise HostError(f"the edit cannot be accepted any more: its group {group.name!r} was removed")
            changes.append(_moved(patch, document.groups.index(group)))
        removed = [value for value in self.removed if value in document]
        if removed:
            changes += remove_labels(document, removed).changes
        self.restore()
        self.history.do(Command(f"{TITLE}, locked labels", changes, values=tuple(self.protected)))

    def restore(self) -> None:
        """Keeps the locked labels as they are."""
        self.kept, self.removed = (), ()


class ForeignWatch:
    """Picks up what others change in a view's node; ``found`` emits a ``ForeignEdit`` for each.

    It waits until the host is idle (``later``), since who edits is not done when the first event comes; without
    ``later`` somebody calls ``collect``. Whoever changes the document himself calls ``collect`` before.
    """

    def __init__(self, view: SegmentationView, history: History, later: Later | None = None) -> None:
        self._view, self._history, self._later = view, history, later
        self.found = Signal()
        view.touched.connect(self._on_touched)

    def detach(self) -> None:
        """Picks up no more."""
        self._view.touched.disconnect(self._on_touched)

    def collect(self) -> ForeignEdit | None:
        """Picks up what was changed since; None when it was nothing that the document knows of.

        Raises LabelError where somebody made tags of ours senseless. Then the node stays as it is, with what was done
        to it; ``SegmentationView.renew`` would put the document in its place.
        """
        view = self._view
        if not view.is_attached or not view.is_touched:
            return None
        view.flush()
        finder = Finder(view, self._history)
        edit = finder.edit()
        if edit.command is not None:
            view.adopt(finder.fresh_ids)
            try:
                self._history.do(edit.command)
            except BaseException:
                view.disown(finder.fresh_ids)
                raise
        view.renew()
        if edit.command is None and not edit.needs_answer and not edit.notes:
            return None
        self.found.emit(edit)
        return edit

    def _on_touched(self) -> None:
        if self._later is not None:
            self._later(self.collect)


@dataclass(eq=False)
class _Fresh:
    """A segment that the document does not know yet."""

    id: str
    label: Label
    stored: int
    image: Any
    group: int


class Finder:
    """Compares a node with what it was last told."""

    def __init__(self, view: SegmentationView, history: History) -> None:
        self._view, self._history = view, history
        self._document: Segmentation = view.document
        self._ids: tuple[str, ...] = tuple(view.segmentation.GetSegmentIDs())
        present = set(self._ids)
        self._gone = [value for value, shown in view.shown.items() if shown.id not in present]
        self._known = {shown.id: value for value, shown in view.shown.items() if shown.id in present}
        self._fresh: list[_Fresh] = []
        self._changes: list[Change] = []
        self._splits: list[tuple[Group, Split]] = []
        self._notes: list[str] = []
        self._home: dict[int, int] = {}

    @property
    def fresh_ids(self) -> dict[int, str]:
        """The segments that became labels, by value."""
        return {fresh.label.value: fresh.id for fresh in self._fresh}

    def edit(self) -> ForeignEdit:
        """All that was changed. Raises LabelError for tags of ours that somebody made senseless."""
        document = self._document
        groups = document.groups
        self._home = {label.value: index for index, group in enumerate(groups) for label in group.labels}
        locked = [value for value in self._gone if document.label(value).locked]
        unlocked = [value for value in self._gone if value not in locked]
        if unlocked:
            self._changes += remove_labels(document, unlocked).changes
        self._change_labels()
        self._find_fresh()
        for index, group in enumerate(groups):
            self._compare(index, group)
        self._reorder(set(unlocked))
        protected: dict[int, int] = {}
        for _, found in self._splits:
            for value, voxels in found.protected.items():
                protected[value] = protected.get(value, 0) + voxels
        kept = tuple((group, found.kept) for group, found in self._splits if found.kept is not None)
        values = tuple(fresh.label.value for fresh in self._fresh)
        command = Command(TITLE, tuple(self._changes), values=values) if self._changes else None
        return ForeignEdit(self._history, command, protected, tuple(locked), tuple(self._notes), kept)

    def _change_labels(self) -> None:
        """Name, colour, tags and look, where they are not what we told."""
        view, display = self._view, self._view.node.GetDisplayNode()
        for segment_id, value in self._known.items():
            shown, label = view.shown[value], self._document.label(value)
            found = read_segment(view.segmentation.GetSegment(segment_id), segment_id)
            look = shown.look if display is None else read_look(display, segment_id)
            told = shown.segment
            same = (found.name, found.color, found.tags) == (told.name, told.color, told.tags)
            changed = label if same else label_from_segment(found, value).with_(visible=label.visible)
            if look.visible != shown.look.visible:
                changed = changed.with_(visible=look.visible)
            if not look.is_as_opaque_as(shown.look):
                changed = changed.with_(opacity=look.opacity)
            if changed != label:
                self._changes.append(LabelChange(self._home[value], value, changed))

    def _find_fresh(self) -> None:
        segmentation = self._view.segmentation
        layers = {id(layer.image): group for group, layer in self._view.layers.items()}
        for segment_id in self._ids:
            if segment_id in self._known:
                continue
            segment = segmentation.GetSegment(segment_id)
            read = read_segment(segment, segment_id)
            own = own_tags(read)
            ours = own.place is not None and own.place.document_uid == self._document.uid
            image = segment.GetRepresentation(LABELMAP)
            group = own.place.group if own.place is not None and ours else -1
            if not 0 <= group < len(self._document.groups):
                layer = layers.get(id(image))
                group = 0 if layer is None else self._document.groups.index(layer)
            value = self._value([own.value if ours else None, read.label_value])
            label = label_from_segment(read, value)
            fresh = _Fresh(segment_id, label, read.label_value, image, group)
            self._fresh.append(fresh)
            self._changes.append(LabelChange(group, value, label))

    def _value(self, wishes: Sequence[int | None]) -> int:
        """The first wish that is free in the document, else the next free value."""
        stray = {value for group in self._document.groups for value in group.undeclared_values()}
        used = {*self._document.values, *stray, *(fresh.label.value for fresh in self._fresh)}
        for wish in wishes:
            if wish is not None and 0 < wish <= 65535 and wish not in used:
                return wish
        return free_value(used)

    def _sources(self, index: int, group: Group) -> list[Source]:
        """The segments of a group, those of its own layer first."""
        view = self._view
        found = []
        for value in group.values:
            if value in self._gone:
                continue
            segment = view.segmentation.GetSegment(view.shown[value].id)
            found.append(Source(segment.GetRepresentation(LABELMAP), int(segment.GetLabelValue()), value))
        found += [Source(new.image, new.stored, new.label.value) for new in self._fresh if new.group == index]
        layer = view.layers.get(group)
        own = None if layer is None else layer.image
        return sorted((source for source in found if source.image is not None), key=lambda one: one.image is not own)

    def _compare(self, index: int, group: Group) -> None:
        view, layer = self._view, self._view.layers.get(group)
        sources = self._sources(index, group)
        kept = layer is not None and all(one.image is layer.image and one.stored == one.value for one in sources)
        complete = not any(value in group for value in self._gone) and len(sources) == len(group.values)
        if kept and complete and layer is not None and not layer.is_touched:
            return
        stray = list(group.undeclared_values())
        locked_space = self._document.unlabeled_locked
        voxels = layer.voxels() if kept and layer is not None and layer.is_on_grid else None
        if voxels is not None:
            table = table_of([*(source.value for source in sources), *stray])
            found = split(index, group, view.frame, voxels, space_locked=locked_space, table=table)
            self._keep(group, found)
            return
        made = compose(sources, self._document.geometry.with_time(1))
        if stray:
            frame = group.array[view.frame]
            lost = np.isin(frame, stray) & (made.array == 0)
            made.array = made.array.astype(np.promote_types(made.array.dtype, frame.dtype))
            made.array[lost] = frame[lost]
        self._note_outside(made)
        apart = frozenset(made.apart)
        found = split(index, group, view.frame, made.array, space_locked=locked_space, unlocked=apart)
        self._move_apart(index, group, [source for source in sources if source.value in apart])
        self._keep(group, found)

    def _keep(self, group: Group, found: Split) -> None:
        if found.allowed is not None:
            self._changes.append(found.allowed)
        self._splits.append((group, found))

    def _move_apart(self, index: int, group: Group, sources: Sequence[Source]) -> None:
        """Labels that overlap others of their group now go to a new group, in all frames."""
        document, view = self._document, self._view
        while sources:
            made = compose(sources, document.geometry.with_time(1))
            moved = [source.value for source in sources if source.value not in made.apart]
            top = max(moved)
            array = np.zeros(document.geometry.full_shape, np.uint8 if top < 256 else np.uint16)
            for t in range(array.shape[0]):
                before = np.where(np.isin(group.array[t], moved), group.array[t], 0)
                array[t] = before
                if t != view.frame:
                    self._erase(index, group, t, moved)
            self._overlay(array[view.frame], made, moved)
            number = len(document.groups) + sum(isinstance(change, GroupChange) for change in self._changes)
            labels = [self._label(value) for value in moved]
            self._changes.append(GroupChange(number, Group(array)))
            for label in labels:
                self._changes.append(LabelChange(index, label.value, None))
                self._changes.append(LabelChange(number, label.value, label))
                self._home[label.value] = number
            names = ", ".join(repr(label.name) for label in labels)
            self._notes.append(f"labels that overlap others of their group were put into a new group: {names}")
            sources = [source for source in sources if source.value in made.apart]

    def _overlay(self, frame: Any, made: Composed, moved: Sequence[int]) -> None:
        """What the segments show now; what locked labels would lose beside stays theirs."""
        for value in moved:
            lost = (frame == value) & (made.array != value)
            if self._label(value).locked and lost.any():
                voxels = int(np.count_nonzero(lost & (made.array == 0)))
                if voxels:
                    self._notes.append(f"{voxels} voxels of the locked label {value} were not taken away")
            else:
                frame[lost] = 0
        np.copyto(frame, made.array, where=made.array != 0, casting="same_kind")

    def _erase(self, index: int, group: Group, t: int, values: Sequence[int]) -> None:
        boxes = [box for value in values if (box := group.index.box(value, t)) is not None]
        if boxes:
            box = reduce(Box.union, boxes)
            part = group.array[t][box.slices]
            rest = np.where(np.isin(part, values), part.dtype.type(0), part)
            self._changes.append(VoxelPatch.of_array(index, t, box, rest))

    def _label(self, value: int) -> Label:
        changed = [c.label for c in self._changes if isinstance(c, LabelChange) and c.value == value and c.label]
        return changed[-1] if changed else self._document.label(value)

    def _reorder(self, removed: set[int]) -> None:
        """Labels of a group in the order that their segments have now."""
        fresh = {new.id: new.label.value for new in self._fresh}
        listed = [fresh[one] if one in fresh else self._known[one] for one in self._ids]
        place = {value: number for number, value in enumerate(listed)}
        for index, group in enumerate(self._document.groups):
            final = [value for value in group.values if value not in removed and self._home[value] == index]
            final += [
                new.label.value
                for new in self._fresh
                if new.group == index and self._home.get(new.label.value, index) == index
            ]
            wanted = sorted(final, key=lambda value: place.get(value, len(place)))
            # locked labels whose segments were removed come back; they alone are no new order
            if [value for value in wanted if value in place] != [value for value in final if value in place]:
                self._changes.append(OrderChange(index, tuple(wanted)))

    def _note_outside(self, made: Composed) -> None:
        for value, voxels in made.outside.items():
            self._notes.append(f"{voxels} voxels of label {value} lie outside of the grid and were not taken")


def _moved(patch: VoxelPatch, index: int) -> VoxelPatch:
    return VoxelPatch(index, patch.t, patch.box, patch.mask, patch.values, patch.counts)
