"""The host on an MRML scene: Slicer's own, or that of a window on slicer-core."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from ..core import Geometry, Image, Segmentation
from ..edit import History
from ..errors import HistoryError, HostError
from ..signal import Signal
from .base import Background, BackgroundTask, ImageChoice, Message, PreferenceStore, Progress
from .mrml_foreign import ForeignWatch
from .mrml_grid import reference_grid
from .mrml_others import Others
from .mrml_record import read_steps, write_steps
from .mrml_scene import add_segmentation_node, image_of, parent_of, put_below_image
from .mrml_takeover import document_from_node
from .mrml_view import SegmentationView
from .mrml_volumes import Volumes


@dataclass(frozen=True, eq=False)
class Opened:
    """A document in the scene: its history, the view that keeps its node, the watch over what others do to it.

    ``notes`` say what of a node that was taken over could not be kept as it was. ``images`` are the IDs of the images
    that it belongs to: its reference, then the one that it lies below.
    """

    history: History
    view: SegmentationView
    watch: ForeignWatch
    notes: tuple[str, ...] = ()
    images: tuple[str, ...] = ()


class MrmlHost:
    """See ``base.Host``. ``tell`` shows messages; ``wake`` is called when something waits for ``pump``.

    In Slicer ``wake`` starts a timer of no delay that calls ``pump``; without it whoever owns the host pumps.
    ``foreign`` emits a ``ForeignEdit`` for what others changed in one of our nodes, ``removed`` the ``Opened`` whose
    node left the scene.
    """

    def __init__(
        self,
        scene: Any,
        preferences: PreferenceStore,
        tell: Callable[[Message], None],
        wake: Callable[[], None] | None = None,
    ) -> None:
        self.scene = scene
        self.preferences = preferences
        self.foreign, self.removed = Signal(), Signal()
        self._tell, self._wake = tell, wake
        self._background = Background()
        self._volumes = Volumes(scene)
        self._opened: list[Opened] = []
        self._others = Others()

    @property
    def opened(self) -> tuple[Opened, ...]:
        """All documents that are shown."""
        return tuple(self._opened)

    def images(self) -> Sequence[ImageChoice]:
        """The volumes with voxels that are no label maps."""
        return self._volumes.choices()

    def image(self, image_id: str, channel: int | None = None) -> Image:
        """The image of a volume, without copying it. Raises HostError, OptionError."""
        return self._volumes.image(image_id, channel)

    def add_image(self, image: Image, name: str) -> str:
        """Puts an image into the scene; returns the ID of its volume. Raises HostError."""
        return self._volumes.add(image, name)

    def remove_image(self, image_id: str) -> None:
        """Takes an image out of the scene. Raises HostError for an unknown one."""
        self._volumes.remove(image_id)

    def show_frame(self, image_id: str, t: int) -> None:
        """Shows a frame of an image that was added."""
        self._volumes.show_frame(image_id, t)

    def show(self, document: Segmentation, history: History, *, name: str = "", image_id: str = "") -> SegmentationView:
        """Shows a document as a new node, below its image. Raises HostError."""
        if history.segmentation is not document:
            raise HostError("the history belongs to another document")
        volume = self._volumes.node(image_id) if image_id else None
        node = add_segmentation_node(self.scene, name)
        if volume is not None:
            put_below_image(node, volume)
        view = SegmentationView(document, node, history=history, later=self.later)
        self._add(Opened(history, view, ForeignWatch(view, history, self.later)))
        return view

    def take_over(self, node_id: str) -> Opened:
        """Makes a document of a segmentation node that is there already, and keeps that node for it.

        A node that is shown already is given back as it is. Raises HostError, LabelError.
        """
        node = self._node(node_id, "vtkMRMLSegmentationNode")
        for opened in self._opened:
            if opened.view.node is node:
                return opened
        taken = document_from_node(node)
        history = History(taken.document)
        notes = taken.notes + _resume(history, node)
        view = SegmentationView(
            taken.document, node, history=history, frame=taken.frame, later=self.later, adopted=taken.ids
        )
        watch = ForeignWatch(view, history, self.later)
        return self._add(Opened(history, view, watch, notes, self._images_of(node)))

    def release(self, view: SegmentationView, remove: bool) -> None:
        """Follows a document no more; its node stays in the scene as it is, or is taken out."""
        if remove:
            view.remove()
        view.detach()
        self._forget()

    def show_others(self, visible: bool) -> None:
        """Hides the segmentations that are not shown by us, or shows again those that were hidden so."""
        self._others.show(visible, (self._node(found, "vtkMRMLSegmentationNode") for found, _ in self.candidates()))

    def candidates(self) -> list[tuple[str, str]]:
        """(ID, name) of the segmentation nodes that are not shown yet."""
        shown = {opened.view.node.GetID() for opened in self._opened}
        nodes = self._nodes("vtkMRMLSegmentationNode")
        return [(node.GetID(), node.GetName() or "") for node in nodes if node.GetID() not in shown]

    def grid_of(self, node_id: str) -> Geometry | None:
        """The grid of a segmentation node's reference image, where it tells one. Raises HostError."""
        return reference_grid(self._node(node_id, "vtkMRMLSegmentationNode"))

    def collect(self) -> None:
        """Picks up what others did to our nodes; whoever changes a document himself does this before."""
        for opened in self._opened:
            opened.watch.collect()

    def keep(self) -> None:
        """Puts all that nodes do not show into them, other frames and steps to undo; before the scene is saved."""
        self.collect()
        for opened in self._opened:
            opened.view.keep_frames()
            write_steps(opened.view.node, opened.history)

    def run(
        self,
        work: Callable[[Progress], Any],
        done: Callable[[Any], None],
        failed: Callable[[Exception], None],
        progress: Callable[[float], None] | None = None,
    ) -> BackgroundTask:
        """Runs work in a thread; it must not touch the scene."""
        return self._background.run(work, done, failed, progress)

    def later(self, function: Callable[[], object]) -> None:
        """Runs a function at the next ``pump``."""
        self._background.later(function)
        if self._wake is not None:
            self._wake()

    def tell(self, message: Message) -> None:
        """Shows a message."""
        self._tell(message)

    @property
    def is_busy(self) -> bool:
        """Whether something goes on in the background or waits for ``pump``."""
        return self._background.is_busy

    def pump(self) -> int:
        """Calls what is waiting; returns how many."""
        return self._background.pump()

    def close(self) -> None:
        """Leaves all nodes as they are and observes nothing any more."""
        for opened in self._opened:
            opened.watch.detach()
            opened.view.detach()
        self._opened.clear()
        self._volumes.forget()

    def _add(self, opened: Opened) -> Opened:
        self._opened.append(opened)
        opened.watch.found.connect(self.foreign.emit)
        opened.view.closed.connect(self._forget)
        return opened

    def _forget(self) -> None:
        gone = [opened for opened in self._opened if not opened.view.is_attached]
        self._opened = [opened for opened in self._opened if opened.view.is_attached]
        for opened in gone:
            opened.watch.detach()
            self.removed.emit(opened)

    def _images_of(self, node: Any) -> tuple[str, ...]:
        """The IDs of the images that a segmentation node names as its own, as far as they can be chosen."""
        known = {choice.id for choice in self.images()}
        named = (str(found.GetID()) for found in (image_of(node), parent_of(node)) if found is not None)
        return tuple(dict.fromkeys(each for each in named if each in known))

    def _node(self, node_id: str, kind: str) -> Any:
        node = self.scene.GetNodeByID(node_id)
        if node is None or not node.IsA(kind):
            raise HostError(f"the scene has no {kind} {node_id!r}")
        return node

    def _nodes(self, kind: str) -> Iterator[Any]:
        # an index into the scene's own list: collections made by the scene must be released by hand
        for number in range(self.scene.GetNumberOfNodesByClass(kind)):
            yield self.scene.GetNthNodeByClass(number, kind)


def _resume(history: History, node: Any) -> tuple[str, ...]:
    """Lets a history go on with the steps that a node keeps; what is to be said of it."""
    try:
        steps = read_steps(node, history.segmentation)
    except HistoryError as error:
        return (f"nothing can be undone of what was done before: {error}",)
    if steps is not None:
        history.resume(steps)
    return ()
