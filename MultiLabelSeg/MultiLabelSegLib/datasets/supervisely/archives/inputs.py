"""The files of an input: a folder as it is, archives unpacked into a temporary folder that is removed afterwards."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from ....errors import CorruptFileError, DatasetError, FormatError, UnsupportedFormatError
from ..discovery.cases import Remark
from ..discovery.listing import list_files
from ..discovery.names import parse_name
from .guard import ArchiveLimits, Meter, printable
from .members import archive_kind, archive_suffix, members
from .unpacking import Unpacking

__all__ = ["ArchiveLimits", "InputTree", "opened_input"]


@dataclass(frozen=True)
class InputTree:
    """The files of an input by name; where they lie on the disk is another matter.

    ``files`` maps names, relative to the root and written with ``/``, to the real files. What is in an archive
    ``a/set.zip`` has the names ``a/set/...``. ``root_name`` is the name of the root itself: the folder's, the archive's
    without suffix, or that of the one folder in the archive that holds everything. ``root`` is its folder on the disk,
    for readers of whole projects; what comes out of archives found inside is not in it.
    """

    files: Mapping[str, Path]
    root_name: str
    root: Path
    left_out: tuple[Remark, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """All names, sorted."""
        return tuple(sorted(self.files))

    def path(self, name: str) -> Path:
        """The real file of a name. Raises DatasetError for a name that is not there."""
        try:
            return self.files[name]
        except KeyError:
            raise DatasetError(f"{name}: there is no such file in the input {self.root_name}") from None


@contextmanager
def opened_input(path: Path, limits: ArchiveLimits | None = None) -> Iterator[InputTree]:
    """The files of a folder or of an archive (zip, tar, tar.gz, tar.bz2, tar.xz); junk of systems is dropped.

    Nothing in the input is changed or copied; only archives are unpacked, those found inside too, into a temporary
    folder that is gone after the block. An archive found inside that cannot be unpacked, and files that an archive may
    not hold (links, devices, names that lead elsewhere), are left out with a reason.

    Raises DatasetError where there is no input and when the disk is full; FormatError for an input that is itself no
    archive, a damaged one (CorruptFileError), or one that is refused (UnsupportedFormatError: 7z, rar, limits).
    """
    with ExitStack() as stack:
        opener = _Opener(limits or ArchiveLimits(), stack)
        if path.is_dir():
            yield opener.folder(path)
        elif path.is_file():
            yield opener.archive(path)
        else:
            raise DatasetError(f"{path}: there is no such folder or file; a folder or an archive is expected")


class _Opener:
    """Gathers the files of one input; ``stack`` removes the temporary folder at the end."""

    def __init__(self, limits: ArchiveLimits, stack: ExitStack) -> None:
        self._limits, self._stack = limits, stack
        self._files: dict[str, Path] = {}
        self._left_out: list[Remark] = []
        self._temporary: Path | None = None  #: made for the first archive
        self._folders = self._bytes = self._archived = 0

    def folder(self, path: Path) -> InputTree:
        """A folder, with what is in the archives in it."""
        listing = list_files(path)
        self._left_out += listing.left_out
        named = [name for name in listing.names if name == printable(name)]
        wrong = (printable(name) for name in listing.names if name != printable(name))
        self._left_out += [Remark(name, "its name is no plain text: rename it") for name in wrong]
        self._files = {name: path / name for name in named if not archive_suffix(name)}
        for name in named:
            if archive_suffix(name):
                self._add_archive(name, path / name, depth=1)
        return self._tree(path.resolve().name, path)

    def archive(self, path: Path) -> InputTree:
        """An archive that is the whole input."""
        if parse_name(path.name).content == "nifti" or not (archive_suffix(path.name) or archive_kind(path)):
            what = "a NIfTI file" if parse_name(path.name).content == "nifti" else "neither a folder nor an archive"
            reason = f"{what}; give the folder that holds the data set, or pack it as zip or tar"
            raise UnsupportedFormatError(path, reason)
        unpacked = self._unpacked(path, "")
        for name, file in _plain_first(unpacked.files):
            self._add(name, file, depth=1)
        if not self._files:
            raise CorruptFileError(path, _nothing_inside(self._left_out))
        top = _common_top(self._files)
        if top:
            self._files = {name[len(top) + 1 :]: file for name, file in self._files.items()}
            self._left_out = [_below(top, remark) for remark in self._left_out]
        return self._tree(top or _stem(path.name), unpacked.tree / top)

    def _tree(self, root_name: str, root: Path) -> InputTree:
        left_out = sorted(self._left_out, key=lambda remark: remark.path)
        return InputTree(self._files, root_name, root, tuple(left_out))

    def _add(self, name: str, file: Path, depth: int) -> None:
        """A file out of an archive of this depth."""
        if archive_suffix(name):
            self._add_archive(name, file, depth + 1)
        elif name in self._files:
            self._left_out.append(Remark(name, "the input has another file of this name, which is kept"))
        else:
            self._files[name] = file

    def _add_archive(self, name: str, file: Path, depth: int) -> None:
        """What is in an archive found inside, or the reason why that is left out."""
        if depth > self._limits.max_depth:
            reason = f"an archive within {depth - 1} others; at most {self._limits.max_depth} in all are unpacked"
            self._left_out.append(Remark(name, reason))
            return
        try:
            inside = self._unpacked(file, name + "/").files
        except FormatError as error:
            self._left_out.append(Remark(name, error.reason))
            return
        finally:
            if depth > 1:  # a copy of ours, not wanted any more
                file.unlink(missing_ok=True)
        target = name[: -len(archive_suffix(name))]
        top = _common_top(inside)
        doubled = top and top.casefold() == target.rsplit("/", 1)[-1].casefold()
        for inner, unpacked in _plain_first(inside):
            self._add(f"{target}/{inner[len(top) + 1 :] if doubled else inner}", unpacked, depth)

    def _unpacked(self, path: Path, prefix: str) -> Unpacking:
        """The files of one archive; ``prefix`` goes before those of refused ones in the report.

        Raises FormatError, and nothing of the archive is left then.
        """
        folder = self._new_folder()
        unpacking = Unpacking(folder)
        try:
            meter = Meter(path, self._limits, self._bytes, self._archived)
            try:
                for member in members(path, meter):
                    unpacking.add(member)
            finally:  # what a refused archive has cost counts, too, or many of them could go on for ever
                self._bytes += meter.bytes
                self._archived += meter.files
            if not unpacking.files:
                raise UnsupportedFormatError(path, _nothing_inside(unpacking.left_out))
        except FormatError:
            shutil.rmtree(folder, ignore_errors=True)
            raise
        except OSError as error:
            raise FormatError(path, f"cannot be read: {error.strerror or error}") from None
        self._left_out += [Remark(prefix + remark.path, remark.reason) for remark in unpacking.left_out]
        return unpacking

    def _new_folder(self) -> Path:
        try:
            if self._temporary is None:
                made = tempfile.TemporaryDirectory(prefix="mlseg-", ignore_cleanup_errors=True)
                self._temporary = Path(self._stack.enter_context(made))
            self._folders += 1
            folder = self._temporary / f"{self._folders:04}"
            folder.mkdir()
        except OSError as error:
            reason = f"no temporary folder to unpack archives into: {error.strerror or error}; set TMPDIR to another"
            raise DatasetError(reason) from error
        return folder


def _nothing_inside(left_out: list[Remark]) -> str:
    if not left_out:
        return "the archive holds no file"
    first = left_out[0]
    return f"none of the {len(left_out)} files in the archive can be unpacked; {first.path}: {first.reason}"


def _plain_first(files: Mapping[str, Path]) -> list[tuple[str, Path]]:
    """Sorted, archives last, so that a plain file wins over one of the same name in an archive."""
    return sorted(files.items(), key=lambda item: (archive_suffix(item[0]) != "", item[0]))


def _stem(name: str) -> str:
    suffix = archive_suffix(name)
    return name[: -len(suffix)] if suffix else name


def _common_top(names: Iterable[str]) -> str:
    """The one folder that all names lie in; empty where there is none."""
    tops = {name.split("/", 1)[0] if "/" in name else "" for name in names}
    return tops.pop() if len(tops) == 1 else ""


def _below(top: str, remark: Remark) -> Remark:
    """A remark whose path is relative to the folder that holds everything."""
    path = remark.path
    return replace(remark, path=path[len(top) + 1 :]) if path.startswith(top + "/") else remark
