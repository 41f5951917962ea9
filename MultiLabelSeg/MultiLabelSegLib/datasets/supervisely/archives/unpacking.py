"""Writing the files of an archive into a folder of its own, each where no other one can be met."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from pathlib import Path

from ....errors import CorruptFileError, DatasetError
from ..discovery.cases import Remark
from .guard import amount, is_junk, name_fault, plain_name, printable
from .members import Member

#: what some file system does not take in a name: letters, a dot or blank at the end, names of devices
_AWKWARD = re.compile(r'[<>:"|?*]|[. ]$|^(con|prn|aux|nul|com\d|lpt\d)(\.|$)', re.IGNORECASE)
_AWKWARD_LETTERS = re.compile(r'[<>:"|?*]')


class Unpacking:
    """Unpacks members into ``folder``, which is new and empty, and keeps account of them.

    ``files`` maps the members' names to where they lie: below ``tree`` as in the archive, or aside where the file
    system might take two names for one, or does not take the name.
    """

    def __init__(self, folder: Path) -> None:
        self.tree = folder / "tree"
        self._aside = folder / "aside"
        self.files: dict[str, Path] = {}
        self.left_out: list[Remark] = []
        self._spellings: dict[str, str] = {}  #: of the folders, by how careless file systems see them
        self._taken: set[str] = set()  #: files, as careless file systems see them

    def add(self, member: Member) -> None:
        """Unpacks one file, or notes why it is left out; junk of systems is dropped.

        Raises CorruptFileError where damage spoils the whole archive, DatasetError where the file cannot be written,
        and what the archive's meter raises.
        """
        fault = member.fault or name_fault(member.name)
        name = printable(member.name) if fault else plain_name(member.name)
        if is_junk(name):
            return
        if not fault and name in self.files:
            fault = "the archive holds another file of this name, which came first and is kept"
        if fault:
            self.left_out.append(Remark(name, fault))
            return
        target = self._place(name)
        try:
            write_blocks(target, member.blocks)
        except CorruptFileError as error:
            if not member.stands_alone:
                raise
            target.unlink(missing_ok=True)
            self.left_out.append(Remark(name, error.reason))
            return
        self.files[name] = target

    def _place(self, name: str) -> Path:
        parts = name.split("/")
        folders = ["/".join(parts[:depth]) for depth in range(1, len(parts))]
        clash = _careless(name) in self._taken or _careless(name) in self._spellings
        for folder in folders:
            seen = _careless(folder)
            clash = clash or seen in self._taken or self._spellings.get(seen, folder) != folder
        if clash or any(_AWKWARD.search(part) for part in parts):
            return self._aside / str(len(self.files)) / _AWKWARD_LETTERS.sub("_", parts[-1])
        self._taken.add(_careless(name))
        self._spellings.update({_careless(folder): folder for folder in folders})
        return self.tree / name


def _careless(name: str) -> str:
    """A name as file systems see it that know neither case nor composed letters."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", name).casefold())


def write_blocks(target: Path, blocks: Iterator[bytes]) -> None:
    """A new file with these contents. Raises DatasetError where it cannot be written, else what ``blocks`` raise."""
    written = 0
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with target.open("xb") as file:
            for block in blocks:
                file.write(block)
                written += len(block)
    except OSError as error:
        reason = error.strerror or str(error)
        raise DatasetError(
            f"{target.name} cannot be unpacked into the temporary folder {target.parent} after {amount(written)}: "
            f"{reason}; set TMPDIR to a folder with more room"
        ) from error
