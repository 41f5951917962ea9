"""What a format is: how it is recognised, read and written, and what it can hold."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..core import Geometry, Segmentation
from ..core.label import MAX_VALUE
from .options import NoOptions
from .report import Report
from .staging import Stage


@dataclass(frozen=True)
class Capabilities:
    """What a target holds by itself. The common writer path refuses what is lost or keeps it in the sidecar."""

    overlap: bool = False  #: several groups
    time: bool = False  #: more than one frame
    names: bool = False
    colors: bool = False
    flags: bool = False  #: lock, visibility, opacity
    properties: bool = False  #: description, tracking and free properties of labels
    empty_labels: bool = False
    groups: bool = False  #: group structure, names and properties
    document: bool = False  #: uid, lock of the unlabelled, properties of the data set
    undeclared: bool = False  #: voxels whose value has no label
    extras: bool = False  #: JSON that otherwise only our sidecar carries
    max_value: int = MAX_VALUE


#: for formats that keep everything but what only our sidecar carries; others say what they lack with ``replace``
EVERYTHING = Capabilities(
    overlap=True,
    time=True,
    names=True,
    colors=True,
    flags=True,
    properties=True,
    empty_labels=True,
    groups=True,
    document=True,
    undeclared=True,
)


@dataclass
class ReadRequest:
    """One file or folder to read.

    ``options`` is an instance of the format's ``read_options``. ``allow_outside`` permits paths found inside the file
    that lead out of its folder. ``report`` collects notes and progress. ``reference`` is the grid that the result will
    be fitted to, for formats that do not always say all of theirs.
    """

    path: Path
    options: Any = field(default_factory=NoOptions)
    report: Report = field(default_factory=Report)
    allow_outside: bool = False
    reference: Geometry | None = None


@dataclass
class WriteRequest:
    """One segmentation to write.

    ``path`` is where the user wants it; files are made through ``stage`` only (``stage.file(path)`` gives the
    temporary path to write to), which puts them in place together when all are written and verified. ``made`` is
    what a writer leaves for the verifier of its own format.
    """

    segmentation: Segmentation
    path: Path
    stage: Stage
    options: Any = field(default_factory=NoOptions)
    report: Report = field(default_factory=Report)
    made: Any = None


def no_sniff(_path: Path, _head: bytes) -> bool:
    """For formats that are found by name only."""
    return False


@dataclass(frozen=True)
class Format:
    """One file format.

    ``matches(path, head)`` says from the name and the first 4096 bytes whether a file is of this format; formats are
    asked in the registry's order. ``reader`` returns the segmentation; ``writer`` writes through the stage and returns
    the path that a user would open. ``verifier``, where a format has a cheaper way than reading everything again,
    compares what was staged with the segmentation and returns sentences about what differs.
    """

    id: str
    title: str
    suffixes: tuple[str, ...]
    capabilities: Capabilities
    matches: Callable[[Path, bytes], bool] = no_sniff
    reader: Callable[[ReadRequest], Segmentation] | None = None
    writer: Callable[[WriteRequest], Path] | None = None
    verifier: Callable[[WriteRequest, Path], list[str]] | None = None
    read_options: type = NoOptions
    write_options: type = NoOptions
    limits: Callable[[Any], Capabilities] | None = None  #: what the write options leave of the capabilities
    reader_names: tuple[str, ...] = ()  #: MITK's descriptions, for ``-r``

    def holding(self, options: Any) -> Capabilities:
        """What the target holds when it is written with these options."""
        return self.capabilities if self.limits is None else self.limits(options)
