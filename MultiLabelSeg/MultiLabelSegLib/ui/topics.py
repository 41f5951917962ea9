"""What a widget is told when something changed: one topic, so that it refreshes no more than it must."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum


class Topic(str, Enum):
    """What changed; ``Changed.values`` are label values unless a topic says otherwise."""

    DOCUMENT = "document"  #: another document is current, or none
    IMAGE = "image"  #: the images to choose from, the chosen one, or an offer about it
    ROWS = "rows"  #: labels, groups or folders came, went, moved or were renamed
    LABELS = "labels"  #: properties or voxel counts of ``values`` (none named: of all)
    ACTIVE = "active"  #: the active label
    SELECTION = "selection"  #: the selected labels
    TOOL = "tool"  #: the active tool
    OPTIONS = "options"  #: the fields of the active tool
    PREVIEW = "preview"  #: a preview came, changed or went
    FEEDBACK = "feedback"  #: what is drawn over slice views, over ``view`` where one is named
    INTERPOLATION = "interpolation"  #: mode, suggestion, key slices, contours
    FRAME = "frame"  #: the frame that is shown
    HISTORY = "history"  #: what can be undone and redone
    SAVED = "saved"  #: the file of a document, or whether it has unsaved changes
    TASKS = "tasks"  #: the task list
    PREFERENCES = "preferences"  #: any preference, suggestions, keys
    OVERLAY = "overlay"  #: whether labels are drawn over the image at all
    HOVER = "hover"  #: what lies under the mouse
    JUMP = "jump"  #: views go to the voxel ``values`` = i, j, k
    BUSY = "busy"  #: work in the background: ``values`` = its fraction in percent, nothing when it ended
    FOREIGN = "foreign"  #: somebody else's edit of a locked label waits for an answer, or was answered
    STATISTICS = "statistics"  #: the table of statistics
    PROGRAM = "program"  #: the page of an outside program, or what it does


@dataclass(frozen=True)
class Changed:
    """What ``Presenter.changed`` emits.

    ``view`` names the slice view that FEEDBACK is about: it, and others that show the same slice ("": all views).
    """

    topic: Topic
    values: tuple[int, ...] = ()
    view: str = ""


#: how a part of the presenter tells that something changed
Emit = Callable[..., None]
