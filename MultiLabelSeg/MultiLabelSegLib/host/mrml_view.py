"""A document shown as a ``vtkMRMLSegmentationNode``: one segment a label, one label map a group."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import count
from typing import Any

from ..bridges.slicer_tags import DOCUMENT_TAG, Place, Segment, default_id, preferred_id, segment_from_label
from ..core import Event, Group, Label, Segmentation
from ..edit import History
from ..errors import HostError
from ..signal import Signal
from .mrml_grid import LABELMAP, set_reference_grid
from .mrml_layers import Layer
from .mrml_observers import Observers
from .mrml_record import record_text, write_frames
from .mrml_scene import remove_from_scene
from .mrml_segments import (
    Look,
    drop_surface,
    make_segment,
    put_on_layer,
    read_look,
    read_segment,
    remove_segment,
    write_look,
    write_segment,
)

Later = Callable[[Callable[[], object]], None]


@dataclass(frozen=True)
class Shown:
    """What the node was last told about a label."""

    id: str
    segment: Segment
    look: Look


def look_of(label: Label) -> Look:
    """How the display node shows a label."""
    return Look(label.visible, min(1.0, max(0.0, label.opacity)))


class SegmentationView:
    """Keeps a node showing one frame of a document.

    Voxels follow at once, and only the changed box is copied. What changes about labels is collected and told in one
    go when the command is complete (``history.changed``), before voxels, or by ``flush``: told one by one, 104 labels
    make every slice view work 104 times. ``touched`` is emitted when somebody else changed the node, ``closed`` when
    the node left its scene; then nothing is observed any more. ``later`` runs a function when the host is idle.
    ``adopted`` names segments that the node has already, by the values of their labels.
    """

    def __init__(
        self,
        document: Segmentation,
        node: Any,
        *,
        history: History | None = None,
        frame: int = 0,
        later: Later | None = None,
        adopted: Mapping[int, str] | None = None,
    ) -> None:
        self.document, self.node, self.frame = document, node, frame
        self.layers: dict[Group, Layer] = {}
        self.shown: dict[int, Shown] = {}
        self.touched, self.closed = Signal(), Signal()
        self.is_touched = False
        self._later = later
        self._history = history
        self._pushing = 0
        self._pending: set[int] = set()
        self._whole = True
        self._record = ""
        self._carriers: set[int] = set()
        self._observers = Observers()
        self._check_frame(frame)
        self.adopt(adopted or {})
        node.GetSegmentation().SetSourceRepresentationName(LABELMAP)
        if node.GetDisplayNode() is None:
            node.CreateDefaultDisplayNodes()
            if node.GetDisplayNode() is not None:
                node.GetDisplayNode().SetOpacity2DFill(1.0)  # the labels' own opacities say it all
        self.flush()
        self._connect()

    @property
    def segmentation(self) -> Any:
        """The node's ``vtkSegmentation``."""
        return self.node.GetSegmentation()

    @property
    def is_attached(self) -> bool:
        """Whether the node still follows the document."""
        return len(self._observers) > 0

    def set_frame(self, frame: int) -> None:
        """Shows another frame of a document with several. Raises HostError for one that there is not."""
        self._check_frame(frame)
        self.flush()
        self.frame = frame
        with self._quiet():
            for group, layer in self.layers.items():
                layer.copy_box(group.array[frame], None)
            self._tell_voxels(self.document.values)

    def flush(self) -> None:
        """Tells the node now what changed about labels, groups and properties."""
        if not self._pending and not self._whole:
            return
        pending, self._pending = self._pending, set()
        whole, self._whole = self._whole, False
        with self._quiet():
            if whole:
                pending = {*self.shown, *self.document.values}
                self._renew_layers()
            self._renew_record(whole)
            self._renew_labels(pending)
            if whole:
                self._tell_voxels(self.document.values)

    def renew(self) -> None:
        """Makes the node show the document, whatever others did to it."""
        known = set(self.segmentation.GetSegmentIDs())
        self.shown = {value: shown for value, shown in self.shown.items() if shown.id in known}
        self.layers = {group: layer for group, layer in self.layers.items() if layer.is_on_grid}
        self._whole = True
        self.flush()
        self.is_touched = False

    def adopt(self, ids: Mapping[int, str]) -> None:
        """Segments that the node has already and that stand for these labels from now on, by value."""
        display = self.node.GetDisplayNode()
        for value, segment_id in ids.items():
            found = read_segment(self.segmentation.GetSegment(segment_id), segment_id)
            look = Look(opacity=-1.0) if display is None else read_look(display, segment_id)
            self.shown[value] = Shown(segment_id, found, look)

    def disown(self, values: Iterable[int]) -> None:
        """Takes ``adopt`` back: these segments are somebody else's again."""
        for value in values:
            self.shown.pop(value, None)

    def show_as(self, outline: bool, opacity: float, visible: bool) -> None:
        """Draws labels in slices as outlines or filled, with a factor on their opacities, or not at all."""
        display = self.node.GetDisplayNode()
        if display is not None:
            with self._quiet():
                display.SetVisibility2DFill(not outline)
                display.SetVisibility2DOutline(True)
                display.SetOpacity(opacity)
                display.SetVisibility(visible)

    def rename(self, name: str) -> None:
        """Calls the node otherwise."""
        with self._quiet():
            self.node.SetName(name)

    def keep_frames(self) -> None:
        """Puts all frames into the node, which otherwise has the shown one only: before its scene is saved.

        The scene tells of ``StartSaveEvent`` only when the application saves it; whoever saves otherwise calls this.
        """
        self.flush()
        with self._quiet():
            write_frames(self.node, self.document, self.frame)

    def detach(self) -> None:
        """Stops following; the node stays as it is, with all frames."""
        if self.is_attached and self.node.GetScene() is not None:
            self.keep_frames()
        self._unfollow()

    def _unfollow(self) -> None:
        self._observers.remove_all()
        self.document.changed.disconnect(self._on_event)
        if self._history is not None:
            self._history.changed.disconnect(self.flush)

    def remove(self) -> None:
        """Stops following and takes the node out of its scene."""
        self._unfollow()
        self._release()
        remove_from_scene(self.node)

    # ---- from the document to the node -------------------------------------------------------------------------
    def _on_event(self, event: Event) -> None:
        if event.kind == "voxels":
            self.flush()
            self._push_voxels(event)
            return
        if event.kind == "labels":
            self._pending.update(event.values)
        elif event.kind == "properties":
            self._record = ""
            self._pending.update(self.document.values)
        else:
            # voxel events of the same command may have named groups by indices of before
            self._whole = True
        if self._history is None:
            self.flush()
        elif self._later is not None:
            self._later(self.flush)  # a group of commands that fails is taken back without a word of the history

    def _push_voxels(self, event: Event) -> None:
        groups = self.document.groups
        if event.group is None or event.group >= len(groups) or (event.t is not None and event.t != self.frame):
            return
        group = groups[event.group]
        layer = self.layers.get(group)
        if layer is None:
            return
        with self._quiet():
            layer.copy_box(group.array[self.frame], event.box, keep_time=self.is_touched)
            self._tell_voxels(event.values)

    def _tell_voxels(self, values: Iterable[int]) -> None:
        """Views draw again, outdated surfaces go; one event is enough for all segments of the node."""
        segmentation = self.segmentation
        ids = [self.shown[value].id for value in values if value in self.shown]
        for segment_id in ids:
            segment = segmentation.GetSegment(segment_id)
            if segment is not None:  # somebody may have removed it just now
                drop_surface(segment)
        if ids:
            segmentation.InvokeEvent(segmentation.RepresentationModified, ids[0])

    def _renew_layers(self) -> None:
        geometry = self.document.geometry
        self.frame = min(self.frame, geometry.time_steps - 1)
        groups = [group for group in self.document.groups if group.labels]
        former = self.layers
        self.layers = {}
        for group in groups:
            layer, frame = former.get(group), group.array[self.frame]
            if layer is None or layer.geometry != geometry.with_time(1):
                layer = Layer(frame, geometry.with_time(1))
            else:
                layer.copy_box(frame, None)
            self.layers[group] = layer
        set_reference_grid(self.node, geometry)
        self._record = ""

    def _renew_record(self, whole: bool) -> None:
        if whole or not self._record:
            self._record = record_text(self.document)
            self.node.SetAttribute(DOCUMENT_TAG, self._record)

    def _renew_labels(self, values: set[int]) -> None:
        places = {
            label.value: (label, group, Place(index, group.name, self.document.uid))
            for index, group in enumerate(self.document.groups)
            for label in group.labels
        }
        carriers = {group.values[0] for group in self.document.groups if group.labels}
        # a step tells of its changes when all are done: some labels came or went that this does not name yet
        values = values | (carriers ^ self._carriers) | (places.keys() ^ self.shown.keys())
        self._carriers = carriers
        for value in values - places.keys():
            self._remove(value)
        taken = set(self.segmentation.GetSegmentIDs())
        for value in [value for value in places if value in values]:
            self._show(*places[value], taken)
            taken.add(self.shown[value].id)
        self._put_in_order()

    def _show(self, label: Label, group: Group, place: Place, taken: Collection[str]) -> None:
        value = label.value
        former = self.shown.get(value)
        segment_id = _free_id(label, taken) if former is None else former.id
        wanted = segment_from_label(label, place, segment_id)
        if value in self._carriers:
            wanted = replace(wanted, tags={**wanted.tags, DOCUMENT_TAG: self._record})
        image = self._layer_of(group).image
        segment = self.segmentation.GetSegment(segment_id)
        if former is None or segment is None:
            segment = make_segment(wanted, image)
            self.segmentation.AddSegment(segment, segment_id)
            segment.SetColor(*wanted.color)  # Slicer takes its default grey for no colour and gives another one
            former = None
        else:
            put_on_layer(segment, image, value)
            write_segment(segment, wanted, former.segment)
        look = look_of(label)
        if self.node.GetDisplayNode() is not None and (former is None or former.look != look):
            write_look(self.node.GetDisplayNode(), segment_id, look)
        self.shown[value] = Shown(segment_id, wanted, look)

    def _layer_of(self, group: Group) -> Layer:
        if group not in self.layers:
            self.layers[group] = Layer(group.array[self.frame], self.document.geometry.with_time(1))
        return self.layers[group]

    def _remove(self, value: int) -> None:
        shown = self.shown.pop(value, None)
        if shown is not None:
            remove_segment(self.segmentation, shown.id)
            if self.node.GetDisplayNode() is not None:
                self.node.GetDisplayNode().RemoveSegmentDisplayProperties(shown.id)

    def _put_in_order(self) -> None:
        ids = [self.shown[value].id for value in self.document.values]
        present = list(self.segmentation.GetSegmentIDs())
        ours = set(ids)
        wanted = ids + [segment_id for segment_id in present if segment_id not in ours]
        if wanted != present:
            self.segmentation.ReorderSegments(wanted)

    @contextmanager
    def _quiet(self) -> Iterator[None]:
        """Events of our own doing are sent together, and are not taken for somebody else's."""
        self._pushing += 1
        holders = [holder for holder in (self.node, self.node.GetDisplayNode()) if holder is not None]
        states = [holder.StartModify() for holder in holders]
        try:
            yield
        finally:
            for holder, state in zip(holders, states, strict=True):
                holder.EndModify(state)
            self._pushing -= 1

    # ---- from the node -------------------------------------------------------------------------------------------
    def _connect(self) -> None:
        import slicer

        events = slicer.vtkSegmentation
        voxels = (events.SourceRepresentationModified, events.RepresentationModified)
        segments = (events.SegmentAdded, events.SegmentRemoved, events.SegmentModified, events.SegmentsOrderModified)
        for event in (*voxels, *segments, self.node.SegmentationChangedEvent):
            self._observers.add(self.node, event, self._on_touched)
        if self.node.GetDisplayNode() is not None:
            self._observers.add(self.node.GetDisplayNode(), "ModifiedEvent", self._on_touched)
        scene = self.node.GetScene()
        if scene is not None:
            self._observers.add(scene, scene.NodeRemovedEvent, self._on_scene)
            self._observers.add(scene, scene.EndCloseEvent, self._on_scene)
            self._observers.add(scene, scene.StartSaveEvent, self.keep_frames)
        self.document.changed.connect(self._on_event)
        if self._history is not None:
            self._history.changed.connect(self.flush)

    def _on_touched(self) -> None:
        if not self._pushing and not self.is_touched:
            self.is_touched = True
            self.touched.emit()

    def _on_scene(self) -> None:
        scene = self.node.GetScene()
        if scene is None or not scene.IsNodePresent(self.node):
            self.detach()
            self._release()
            self.closed.emit()

    def _release(self) -> None:
        """Takes the voxels out of a node that is about to end: Slicer would clear them segment by segment.

        That is one pass over the whole volume for each: a minute for 104 labels in a CT. The document has them all.
        """
        for shown in self.shown.values():
            segment = self.segmentation.GetSegment(shown.id)
            if segment is not None:
                segment.RemoveAllRepresentations()

    def _check_frame(self, frame: int) -> None:
        steps = self.document.geometry.time_steps
        if not 0 <= frame < steps:
            raise HostError(f"there is no frame {frame} to show; there are {steps} (0...{steps - 1})")


def _free_id(label: Label, taken: Collection[str]) -> str:
    """The segment ID that the label would like to have, or one that no segment has yet."""
    wanted, default = preferred_id(label), default_id(label.value)
    if wanted not in taken:
        return wanted
    others = (default if number < 2 else f"{default}_{number}" for number in count(1))
    return next(segment_id for segment_id in others if segment_id not in taken)
