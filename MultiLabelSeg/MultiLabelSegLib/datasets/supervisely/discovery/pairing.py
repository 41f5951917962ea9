"""Which volume of the by-plane layout an annotation or a score table belongs to, by names and folders alone.

In the folder of the file: the same name but for the type word; the same words beside type, plane and number; the same
UUIDs; the only volume of its plane. Outside of it: ids first, then the folders above, then the only volume of the plane
in ever larger parts of the tree.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from .names import FileName, NameKey, ancestors

#: of longer ids only so many words are compared in part
_MOST_WORDS = 12
_Question = tuple[str, str, NameKey]


@dataclass(frozen=True)
class Pairing:
    """The volume of a file, or none: ``unclear`` are those that it could belong to.

    ``guess`` says how the volume was found where the names do not confirm it; ``sideways``: it lies neither in the
    file's folder nor in one above.
    """

    volume: FileName | None = None
    unclear: tuple[FileName, ...] = ()
    guess: str = ""
    sideways: bool = False

    @property
    def is_open(self) -> bool:
        """Neither found nor unclear."""
        return self.volume is None and not self.unclear


class Volumes:
    """The volumes of the by-plane layout, to be asked for that of an annotation. Each question is one look-up."""

    def __init__(self, volumes: Sequence[FileName]) -> None:
        self._volumes = volumes
        self._in_folder = _Index((file.folder, file) for file in volumes)
        self._folders = {file.folder for file in volumes}
        self._tree: _Index | None = None

    def in_folder(self, file: FileName) -> Pairing:
        """The volume of an annotation or a score table among those of its own folder."""
        found = self._in_folder.by_ids(file.folder, file)
        if found:
            return _decided(found)
        found = self._in_folder.by_plane(file.folder, file)
        ids, others = set(file.rest), set(found[0].rest) if found else set()
        if ids and others and not (ids <= others or others <= ids):
            return _decided(found, f"the only {file.plane} volume in its folder, but other words of the names differ")
        return _decided(found)

    def in_tree(self, file: FileName) -> Pairing:
        """The volume of a file outside of the file's folder.

        Where the folder holds volumes of other planes it is an item of its own that lacks one: only ids count then.
        """
        above = list(ancestors(file.folder))
        tree = self._all()
        for folder in above if file.rest else ():
            found = tree.by_ids(folder, file)
            if len(found) == 1:
                return Pairing(found[0])
        if file.folder in self._folders:
            return Pairing()
        for folder in above[1:]:
            found = self._in_folder.by_ids(folder, file) or self._in_folder.by_plane(folder, file)
            if found:
                return _decided(found)
        found = tree.by_twin_folder(file)
        if len(found) == 1:
            return Pairing(found[0])
        for folder in above:
            found = tree.by_plane(folder, file)
            if len(found) == 1:
                return Pairing(found[0], guess=f"the only {file.plane} volume near it", sideways=True)
        return Pairing()

    def _all(self) -> _Index:
        if self._tree is None:
            self._tree = _Index((folder, file) for file in self._volumes for folder in ancestors(file.folder))
        return self._tree


def _decided(found: Sequence[FileName], guess: str = "") -> Pairing:
    return Pairing(found[0], guess=guess) if len(found) == 1 else Pairing(unclear=tuple(found[:4]))


class _Index:
    """Answers questions about the volumes that were filed under a folder."""

    def __init__(self, filed: Iterable[tuple[str, FileName]]) -> None:
        self._found: dict[_Question, list[FileName]] = defaultdict(list)
        for scope, file in filed:
            for question in _answers(scope, file):
                self._found[question].append(file)

    def by_ids(self, scope: str, file: FileName) -> list[FileName]:
        """Volumes whose names have the same words, by the strictest comparison that finds any."""
        for question in _questions(scope, file):
            found = self._found.get(question)
            if found:
                return found
        return []

    def by_plane(self, scope: str, file: FileName) -> list[FileName]:
        """Volumes of the plane whose UUIDs do not contradict those of the file."""
        return self._found.get(("no uuid" if file.patient else "plane", scope, (file.plane,)), [])

    def by_twin_folder(self, file: FileName) -> list[FileName]:
        """Volumes of the plane in a folder of the same name: ``images/P1`` and ``labels/P1``."""
        return self._found.get(("twin", file.folder.rpartition("/")[2], (file.plane,)), [])


def _answers(scope: str, file: FileName) -> Iterable[_Question]:
    """Every question that a volume filed under a folder answers."""
    plane = (file.plane,)
    yield "key", scope, file.key
    if file.number is None:
        yield "ids", scope, plane + file.rest
    else:
        yield "ids", scope, (*plane, *file.rest, str(file.number))
        yield "ids but number", scope, plane + file.rest
    for count in range(1, min(len(file.rest), _MOST_WORDS)):
        yield "starts with", scope, plane + file.rest[:count]
    if file.patient:
        yield "uuids", scope, (*plane, *file.uuids)
    else:
        yield "no uuid", scope, plane
        if scope == file.folder:
            yield "twin", scope.rpartition("/")[2], plane
    yield "plane", scope, plane


def _questions(scope: str, file: FileName) -> Iterable[_Question]:
    """What is asked for the volume of a file, the strictest question first."""
    plane, rest = (file.plane,), file.rest
    yield "key", scope, file.key
    yield "ids", scope, plane + rest
    if file.number is not None:
        yield "ids", scope, (*plane, *rest, str(file.number))
    yield "ids but number", scope, plane + rest
    for count in range(min(len(rest) - 1, _MOST_WORDS), 0, -1):
        yield "ids", scope, plane + rest[:count]
        yield "ids but number", scope, plane + rest[:count]
    if rest:
        yield "starts with", scope, plane + rest
    if file.patient:
        yield "uuids", scope, (*plane, *file.uuids)
