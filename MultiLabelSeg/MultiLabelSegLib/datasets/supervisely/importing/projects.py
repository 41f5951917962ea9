"""Importing the Supervisely projects within an input: every volume, and by name every file that belongs to none."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from ....errors import FormatError, MultiLabelSegError
from ..archives.inputs import InputTree
from ..discovery.cases import stem_of
from ..project.names import KEY_ID_MAP, META, PROJECT_SIDECAR
from .session import Session, is_below, joined, reason_of, relative
from .targets import Outgoing

if TYPE_CHECKING:
    from ..project.item import ProjectItem
    from ..project.reader import ProjectReader


@dataclass(frozen=True)
class FoundProject:
    """A project: its folder relative to the input's root, and its files by the folder that they lie in."""

    root: str
    reader: ProjectReader
    files: dict[str, list[str]] = field(default_factory=dict)

    def shown(self, path: Path) -> str:
        """A path of the project as the report names it."""
        return joined(self.root, relative(path, self.reader.folder))


def project_roots(tree: InputTree) -> dict[str, Path]:
    """The projects of an input: folder relative to the root -> folder on the disk; none within another."""
    roots: dict[str, Path] = {}
    metas = (PurePosixPath(name) for name in tree.names if PurePosixPath(name).name == META)
    for meta in sorted(metas, key=lambda path: len(path.parts)):
        if any(is_below(str(meta), root) for root in roots):
            continue
        from ..project.reader import is_project

        folder = tree.path(str(meta)).parent
        try:
            found = is_project(folder)
        except FormatError:
            continue  # the files of a folder that cannot be listed are named elsewhere
        if found:
            roots["" if str(meta.parent) == "." else str(meta.parent)] = folder
    return roots


def open_projects(session: Session, roots: dict[str, Path]) -> list[FoundProject]:
    """Opens the projects; what is no part of them, and those that are damaged, are named in the report."""
    found = []
    for root, folder in roots.items():
        from ..project.reader import read_project

        try:
            reader = read_project(folder)
        except MultiLabelSegError as error:
            session.report.leave_out(joined(root, META), reason_of(error))
            for name in session.tree.names:
                if is_below(name, root):
                    session.report.leave_out(name, f"its project cannot be read, see {joined(root, META)}")
            continue
        files: dict[str, list[str]] = defaultdict(list)
        for name in session.tree.names:
            if is_below(name, root):
                files[name.rpartition("/")[0]].append(name)
        for remark in reader.left_out:
            session.report.leave_out(joined(root, remark.path), remark.reason)
        session.report.note(replace(note, path=joined(root, note.path)) for note in reader.notes)
        found.append(FoundProject(root, reader, dict(files)))
    return found


def items_of(projects: Sequence[FoundProject]) -> Iterator[tuple[FoundProject, ProjectItem]]:
    """All volumes of all projects."""
    return ((project, item) for project in projects for item in project.reader)


def source_of(project: FoundProject, item: ProjectItem) -> str:
    """The volume of an item as the report names it."""
    return project.shown(item.paths.volume)


def files_of(project: FoundProject, item: ProjectItem) -> tuple[str, ...]:
    """What belongs to a volume: annotation, sidecar, masks, and what all volumes of the project share."""
    short = item.paths.annotation.with_name(Path(item.name).stem + ".json")
    shared = [project.reader.folder / name for name in (META, KEY_ID_MAP, PROJECT_SIDECAR)]
    annotation = item.paths.annotation if item.paths.annotation.is_file() else short
    single = [path for path in (annotation, item.paths.sidecar, *shared) if path.is_file()]
    return (*map(project.shown, single), *project.files.get(project.shown(item.paths.masks), ()))


def import_item(session: Session, project: FoundProject, item: ProjectItem) -> None:
    """Imports one volume of a project. Raises MultiLabelSegError when that is not possible."""
    source, files = source_of(project, item), files_of(project, item)
    linked = {remark.path for remark in session.tree.left_out}.intersection((source, *files))
    if linked:
        raise FormatError(None, f"a file of it cannot be used: {sorted(linked)[0]}")
    segmentation = item.segmentation()
    volume = item.image if item.paths.volume.is_file() else None
    if volume is not None and not session.target.wants_volumes:
        volume()  # a damaged volume is no volume, whether the target wants its voxels or not
    left_out = {joined(project.root, remark.path): remark.reason for remark in item.left_out}
    notes = [replace(note, path=joined(project.root, note.path)) for note in item.notes]
    masks = project.shown(item.paths.masks)
    repeated = {note.path for note in notes if note.path.rpartition("/")[0] == masks}
    outgoing = Outgoing(joined(project.root, item.dataset), stem_of(item.name), segmentation, volume)
    session.put(source, outgoing, "project", [name for name in files if name not in left_out and name not in repeated])
    for path, reason in left_out.items():
        session.report.leave_out(path, reason)
    session.report.note(notes)
