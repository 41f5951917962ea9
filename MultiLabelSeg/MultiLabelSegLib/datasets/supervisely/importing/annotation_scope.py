"""Which existing volume an annotation or a score table belongs to, by the names of files, folders and data sets."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import PurePosixPath

from ..discovery.cases import ExistingVolume, stem_of
from ..discovery.names import FileName, ancestors, parse_name
from ..discovery.pairing import Volumes

#: how many volumes or data sets a reason names
_NAMED = 4


@dataclass(frozen=True)
class Found:
    """The volume of a file, or the ``reason`` why there is none; ``guess``: what the names do not confirm."""

    volume: ExistingVolume | None = None
    reason: str = ""
    guess: str = ""


def volume_name(volume: ExistingVolume) -> FileName:
    """What the name of an existing volume says. Its folder is empty."""
    return parse_name(stem_of(volume.name) + ".nii")


def shown_source(volume: ExistingVolume) -> str:
    """``<data set>/<name>``."""
    return f"{volume.dataset}/{volume.name}"


class Scope:
    """The existing volumes that the files of one input may belong to.

    ``dataset_id`` is the target data set. When it has no volumes, or is not given, the whole project is searched: a
    file below a folder that is called like a data set belongs to that one; where no folder is, files of one folder may
    belong to any volume. ``root_name`` is the name of the input's own folder, which holds the files at the top.
    """

    def __init__(
        self, existing: Sequence[ExistingVolume], dataset_id: int | None, root_name: str, files: Sequence[FileName]
    ) -> None:
        self._existing, self._root_name = existing, root_name
        self._by_short_name: dict[str, list[str]] = defaultdict(list)
        for dataset in dict.fromkeys(volume.dataset for volume in existing):
            self._by_short_name[PurePosixPath(dataset).name].append(dataset)
        self._target = [volume for volume in existing if dataset_id is not None and volume.dataset_id == dataset_id]
        self._pairers: dict[tuple[str, ...], _Pairer] = {}
        self._any_named = any(self._datasets_of(file) for file in files)
        self._one_folder = len({file.folder for file in files}) <= 1
        self.note = "" if self._target or dataset_id is None else self._why_whole_project(dataset_id)

    def _why_whole_project(self, dataset_id: int) -> str:
        if all(volume.dataset_id is None for volume in self._existing):
            return f"which data set has the id {dataset_id} is not known from a project's folder: all are searched"
        return f"the data set {dataset_id} has no volumes: the whole project is searched"

    def volume_of(self, file: FileName) -> Found:
        """The volume of a file by its name."""
        if self._target:
            return self._in_target(file)
        datasets = self._datasets_of(file)
        if datasets:
            return self._pairer(tuple(datasets)).volume_of(file)
        if self._any_named or not self._one_folder:
            names = sorted(self._by_short_name)
            known = ", ".join(names[:_NAMED]) + (", ..." if len(names) > _NAMED else "")
            return Found(reason=f"lies in no folder that is called like a data set of the project ({known})")
        return self._pairer(tuple(dict.fromkeys(volume.dataset for volume in self._existing))).volume_of(file)

    def _in_target(self, file: FileName) -> Found:
        target = self._target[0].dataset
        others = self._datasets_of(file, with_root=False)
        if others and target not in others:
            return Found(reason=f"lies in the folder of the data set {others[0]}, but the target is {target}")
        key = ("", target)
        if key not in self._pairers:
            self._pairers[key] = _Pairer(self._target)
        return self._pairers[key].volume_of(file)

    def _datasets_of(self, file: FileName, with_root: bool = True) -> list[str]:
        """The data sets that the nearest folder above a file is called like; of nested ones those that fit its path."""
        root = self._root_name if with_root else ""
        for folder in ancestors(file.folder):
            path = "/".join(part for part in (root, folder) if part)
            datasets = self._by_short_name.get(PurePosixPath(path).name, []) if path else []
            if datasets:
                exact = [dataset for dataset in datasets if f"/{path}".endswith(f"/{dataset}")]
                return exact or datasets
        return []

    def _pairer(self, datasets: tuple[str, ...]) -> _Pairer:
        if datasets not in self._pairers:
            self._pairers[datasets] = _Pairer([volume for volume in self._existing if volume.dataset in datasets])
        return self._pairers[datasets]


class _Pairer:
    """Finds volumes by name among some."""

    def __init__(self, volumes: Sequence[ExistingVolume]) -> None:
        # paths that differ, all in one folder: then the names alone count
        self._names = [replace(volume_name(volume), path=str(n)) for n, volume in enumerate(volumes)]
        self._by_path = dict(zip((name.path for name in self._names), volumes, strict=True))
        self._volumes = Volumes(self._names)

    def volume_of(self, file: FileName) -> Found:
        """The same name but for the type word; the same UUIDs; the only volume of the plane."""
        pairing = self._volumes.in_folder(replace(file, folder=""))
        unclear = pairing.unclear
        if pairing.volume is not None:
            unclear = self._by_number_only(pairing.volume, file)
        if unclear:
            names = " or ".join(shown_source(self._by_path[name.path]) for name in unclear[:_NAMED])
            return Found(reason=f"could belong to {names}: give both the same ids, or use a mapping")
        if pairing.volume is None:
            others = ", ".join(sorted({name.plane for name in self._names if name.plane})) or "none"
            return Found(reason=f"no existing volume of the plane {file.plane} fits (planes found: {others})")
        return Found(self._by_path[pairing.volume.path], guess=pairing.guess)

    def _by_number_only(self, volume: FileName, file: FileName) -> tuple[FileName, ...]:
        """Volumes that file 1 may mean: the server calls a second ``axl_anatomic`` ``axl_anatomic_01``, while
        ``axl_inference_1`` may be class 1 of the first one."""
        if volume.number is None or volume.number != file.number or _digits(volume.stem) == _digits(file.stem):
            return ()
        plain = [name for name in self._names if name.number is None]
        same = [name for name in plain if (name.plane, name.rest) == (volume.plane, volume.rest)]
        return (volume, *same) if same else ()


def _digits(stem: str) -> str:
    """The digits at the end."""
    return stem[len(stem.rstrip("0123456789")) :]
