"""Archives made to do harm: names that lead elsewhere, links, bombs, sizes that lie, damage in the middle."""

from __future__ import annotations

import errno
import io
import os
import tarfile
import tempfile
import zipfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from MultiLabelSegLib.datasets.supervisely.archives import unpacking as archive_unpacking
from MultiLabelSegLib.datasets.supervisely.archives.guard import name_fault
from MultiLabelSegLib.datasets.supervisely.archives.inputs import ArchiveLimits, opened_input
from MultiLabelSegLib.errors import CorruptFileError, DatasetError, FormatError, UnsupportedFormatError

from .archive_cases import make_archive, make_tar, make_zip, patch_zip_entry, tar_entry, tar_of_entries, zipped

GOOD = {"ok.nii": b"ok", "sub/also.nii": b"also"}
SMALL = ArchiveLimits(max_bytes=1 << 20, max_files=50, max_ratio=100, ratio_from_bytes=100_000)


@pytest.fixture(autouse=True)
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    return folder


def found(path: Path, limits: ArchiveLimits | None = None) -> tuple[dict[str, bytes], dict[str, str]]:
    """Files by name, and what was left out with its reason."""
    with opened_input(path, limits) as tree:
        files = {name: tree.path(name).read_bytes() for name in tree.names}
        return files, {remark.path: remark.reason for remark in tree.left_out}


def refused(path: Path, limits: ArchiveLimits | None = None) -> FormatError:
    with pytest.raises(FormatError) as caught, opened_input(path, limits):
        pass
    assert str(path) in str(caught.value)
    return caught.value


HOSTILE = {
    "../evil.nii": "leads out",
    "a/../../evil.nii": "leads out",
    "/somewhere/evil.nii": "absolute",
    "C:/evil.nii": "drive letter",
    "c:evil.nii": "drive letter",
    "a/\x01evil.nii": "control characters",
    "x" * 300 + ".nii": "too long",
    "/".join(["deep"] * 2000) + ".nii": "too long",
}


@pytest.mark.parametrize("name", HOSTILE)
@pytest.mark.parametrize("suffix", [".zip", ".tar", ".tar.gz"])
def test_names_that_lead_elsewhere_are_left_out_and_the_rest_is_read(
    name: str, suffix: str, tmp_path: Path, temporary: Path
) -> None:
    path = make_archive(tmp_path / f"set{suffix}", {name: b"evil", **GOOD})
    before = set(tmp_path.rglob("*"))
    files, left_out = found(path)
    assert files == GOOD
    [(_, reason)] = left_out.items()
    assert HOSTILE[name] in reason
    assert set(tmp_path.rglob("*")) == before


def test_backslashes_are_slashes_in_a_zip_and_refused_in_a_tar(tmp_path: Path) -> None:
    names = {"sub\\x.nii": b"x", "..\\evil.nii": b"evil", "C:\\evil.nii": b"evil", "top.nii": b""}
    files, left_out = found(make_zip(tmp_path / "set.zip", names))
    assert files == {"sub/x.nii": b"x", "top.nii": b""}
    assert set(left_out) == {"../evil.nii", "C:/evil.nii"}
    files, left_out = found(make_tar(tmp_path / "set.tar", names))
    assert files == {"top.nii": b""}
    assert all("backslash" in reason for reason in left_out.values())


def test_a_name_cut_short_by_a_zero_byte_is_refused(tmp_path: Path) -> None:
    path = make_zip(tmp_path / "set.zip", {"a.nii_b.exe": b"x", **GOOD})
    path.write_bytes(path.read_bytes().replace(b"a.nii_b", b"a.nii\0b"))
    files, left_out = found(path)
    assert files == GOOD
    assert left_out == {"a.nii\\x00b.exe": "the name holds control characters"}


def test_links_and_devices_in_a_tar_are_left_out(tmp_path: Path) -> None:
    kinds = {"sym": tarfile.SYMTYPE, "hard": tarfile.LNKTYPE, "dev": tarfile.CHRTYPE, "pipe": tarfile.FIFOTYPE}
    entries = [tar_entry(name, kind=kind, link="/etc/passwd") for name, kind in kinds.items()]
    entries.append(tar_entry("out", kind=tarfile.SYMTYPE, link=".."))
    path = tar_of_entries(tmp_path / "set.tar", entries, {**GOOD, "out/evil.nii": b"through the link"})
    files, left_out = found(path)
    assert files == {**GOOD, "out/evil.nii": b"through the link"}
    assert set(left_out) == {*kinds, "out"}
    assert "symbolic link" in left_out["sym"]
    assert "hard link" in left_out["hard"]
    assert not (tmp_path / "evil.nii").exists()


def test_links_in_a_zip_are_left_out(tmp_path: Path) -> None:
    path = make_zip(tmp_path / "set.zip", GOOD)
    link = zipfile.ZipInfo("link")
    link.create_system, link.external_attr = 3, 0o120777 << 16
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr(link, "/etc/passwd")
    assert found(path) == (GOOD, {"link": "a symbolic link; a file is expected"})


def test_encrypted_files_are_left_out_and_an_archive_of_nothing_else_is_refused(tmp_path: Path) -> None:
    path = make_zip(tmp_path / "set.zip", {"secret.nii": b"secret", **GOOD})
    patch_zip_entry(path, "secret.nii", flags=1)
    files, left_out = found(path)
    assert files == GOOD
    assert "password" in left_out["secret.nii"]
    path = make_zip(tmp_path / "all.zip", {"secret.nii": b"secret"})
    patch_zip_entry(path, "secret.nii", flags=1)
    assert "password" in refused(path).reason


@pytest.mark.filterwarnings("ignore:Duplicate name")
@pytest.mark.parametrize("suffix", [".zip", ".tar"])
def test_of_two_files_of_one_name_the_first_is_kept_and_the_other_named(suffix: str, tmp_path: Path) -> None:
    path = tmp_path / f"set{suffix}"
    if suffix == ".zip":
        with zipfile.ZipFile(path, "w") as archive:
            for name, data in (("a/x.nii", b"first"), ("./a//x.nii", b"second"), ("a/x.nii", b"third"), ("b", b"")):
                archive.writestr(name, data)
    else:
        with tarfile.open(path, "w") as tar:
            for name, data in (("a/x.nii", b"first"), ("./a//x.nii", b"second"), ("a/x.nii", b"third"), ("b", b"")):
                tar.addfile(tar_entry(name, len(data)), io.BytesIO(data))
    with opened_input(path) as tree:
        assert tree.path("a/x.nii").read_bytes() == b"first"
        assert [remark.path for remark in tree.left_out] == ["a/x.nii", "a/x.nii"]


@pytest.mark.parametrize("suffix", [".zip", ".tar.gz"])
def test_names_that_a_file_system_may_take_for_one_are_kept_apart(suffix: str, tmp_path: Path) -> None:
    names = [
        "CT.nii",
        "ct.NII",
        "a/x",
        "A/x",
        "a/X",
        "a",
        "b/c",
        "B",
        "caf\u00e9",
        "cafe\u0301",
        "q?.nii",
        "nul.nii",
        "e.",
    ]
    files = {name: name.encode() for name in names}
    with opened_input(make_archive(tmp_path / f"set{suffix}", files)) as tree:
        assert {name: tree.path(name).read_bytes() for name in tree.names} == files
        assert tree.left_out == ()
        places = [str(tree.path(name)).casefold() for name in tree.names]
        assert len(set(places)) == len(files)
        assert tree.path("q?.nii").name == "q_.nii"


def test_a_bomb_is_stopped_by_its_ratio_and_nothing_of_it_stays(tmp_path: Path, temporary: Path) -> None:
    for suffix in (".zip", ".tar.gz", ".tar.bz2", ".tar.xz"):
        path = make_archive(tmp_path / f"bomb{suffix}", {"zeros.nii": bytes(500_000)})
        error = refused(path, SMALL)
        assert isinstance(error, UnsupportedFormatError)
        assert "times as much" in error.reason
        assert "unpack it yourself" in error.reason
        assert list(temporary.iterdir()) == []
        assert set(found(path)[0]) == {"zeros.nii"}, "masks compress well: below the threshold that is no bomb"


def test_the_limits_of_bytes_and_files_hold_for_all_archives_together(tmp_path: Path) -> None:
    folder = tmp_path / "input"
    folder.mkdir()
    for number in range(5):
        make_zip(folder / f"{number}.zip", {"noise.nii": os.urandom(300_000)})
    files, left_out = found(folder, SMALL)
    assert set(files) == {f"{number}/noise.nii" for number in range(3)}
    assert set(left_out) == {"3.zip", "4.zip"}
    assert all("more than 1 MiB came out" in reason for reason in left_out.values())
    many = make_zip(tmp_path / "many.zip", {f"{number}.nii": b"" for number in range(51)})
    assert "more than 50 files" in refused(many, SMALL).reason
    tar = make_tar(tmp_path / "many.tar", {f"{number}.nii": b"" for number in range(51)})
    assert "more than 50 files" in refused(tar, SMALL).reason


def test_zips_in_zips_that_multiply_stop_at_the_limits(tmp_path: Path) -> None:
    inner = zipped({"x": os.urandom(10)})
    for _ in range(6):
        inner = zipped({f"{number}.zip": inner for number in range(7)})
    path = tmp_path / "set.zip"
    path.write_bytes(inner)
    error = refused(path, SMALL)
    assert "files in the archive can be unpacked" in error.reason or "holds" in error.reason


@pytest.mark.parametrize("declared", [1, 3, 100_000_000])
def test_a_zip_that_lies_about_a_size_costs_that_file_alone(declared: int, tmp_path: Path) -> None:
    path = make_zip(tmp_path / "set.zip", {"liar.nii": b"0123456789" * 50, **GOOD})
    patch_zip_entry(path, "liar.nii", size=declared)
    files, left_out = found(path)
    assert files == GOOD
    assert set(left_out) == {"liar.nii"}


def test_a_damaged_file_in_a_zip_costs_that_file_alone(tmp_path: Path) -> None:
    path = make_zip(tmp_path / "set.zip", {"bad.nii": b"0123456789" * 50, **GOOD}, zipfile.ZIP_STORED)
    path.write_bytes(path.read_bytes().replace(b"0123456789" * 50, b"0123456789" * 49 + b"damagedddd"))
    files, left_out = found(path)
    assert files == GOOD
    assert "CRC" in left_out["bad.nii"]


def test_files_of_a_zip_that_overlap_do_not_multiply(tmp_path: Path) -> None:
    path = make_zip(tmp_path / "set.zip", {"a.nii": os.urandom(1000), "b.nii": os.urandom(1000)})
    data = path.read_bytes()
    first, second = (at for at in range(len(data)) if data[at : at + 4] == b"PK\x01\x02")
    entry = data[first + 42 : first + 46]
    path.write_bytes(data[: second + 42] + entry + data[second + 46 :])
    files, left_out = found(path)
    assert set(files) == {"a.nii"}
    assert set(left_out) == {"b.nii"}


def test_a_damaged_header_amid_a_tar_is_no_end(tmp_path: Path) -> None:
    path = make_tar(tmp_path / "set.tar", {"a.nii": b"a" * 512, "b.nii": b"b" * 512, "c.nii": b"c"})
    data = bytearray(path.read_bytes())
    data[1024 + 150] ^= 0xFF
    path.write_bytes(data)
    error = refused(path)
    assert isinstance(error, CorruptFileError)
    assert "byte 1024" in error.reason


def test_a_tar_that_is_cut_between_two_files_or_followed_by_another_is_no_whole_one(tmp_path: Path) -> None:
    whole = make_tar(tmp_path / "set.tar", {"a.nii": b"a" * 512, "b.nii": b"b" * 512}).read_bytes()
    cut, joined = tmp_path / "cut.tar", tmp_path / "joined.tar"
    cut.write_bytes(whole[:1024])
    joined.write_bytes(whole + whole)
    assert "without the mark of its end" in refused(cut).reason
    assert "more data" in refused(joined).reason


def test_a_flipped_byte_at_the_end_of_a_compressed_tar_is_seen(tmp_path: Path) -> None:
    for suffix in (".tar.gz", ".tar.bz2", ".tar.xz"):
        path = make_archive(tmp_path / f"set{suffix}", {"a.nii": os.urandom(3000)})
        data = bytearray(path.read_bytes())
        data[-6] ^= 0xFF
        path.write_bytes(data)
        assert isinstance(refused(path), CorruptFileError), suffix


def test_a_header_of_a_tar_that_fills_the_memory_is_refused(tmp_path: Path) -> None:
    header = tar_entry("././@PaxHeader", 1 << 30, tarfile.XHDTYPE).tobuf(tarfile.USTAR_FORMAT)
    path = tmp_path / "set.tar"
    path.write_bytes(header + bytes(4096))
    assert "a header of the tar archive takes" in refused(path).reason


def test_endless_chains_of_headers_and_negative_sizes_end(tmp_path: Path) -> None:
    chain = tar_entry("././@LongLink", 1, tarfile.GNUTYPE_LONGNAME).tobuf(tarfile.GNU_FORMAT) + b"x" + bytes(511)
    path = tmp_path / "chain.tar"
    path.write_bytes(chain * 3000)
    assert isinstance(refused(path), CorruptFileError)
    entry = bytearray(tar_entry("a.nii", 0).tobuf(tarfile.GNU_FORMAT))
    entry[124:136] = b"\xff" * 10 + (-1024).to_bytes(2, "big", signed=True)
    entry[148:156] = b" " * 8
    entry[148:156] = b"%06o\0 " % sum(entry[:512])
    path = tmp_path / "negative.tar"
    path.write_bytes(bytes(tar_entry("b.nii", 0).tobuf()) * 3 + bytes(entry) + bytes(2048))
    assert isinstance(refused(path), CorruptFileError)


def test_a_full_disk_is_an_error_that_says_so_and_nothing_stays(
    tmp_path: Path, temporary: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = make_zip(tmp_path / "set.zip", {**GOOD, "big.nii": os.urandom(50_000)})

    class Full(io.BytesIO):
        def write(self, data: Any) -> int:
            if len(data) > 10_000:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            return super().write(data)

    plain = Path.open
    monkeypatch.setattr(Path, "open", lambda self, mode="r": Full() if "x" in mode else plain(self, mode))
    with pytest.raises(DatasetError, match=r"big\.nii.*No space left on device.*TMPDIR"), opened_input(path):
        pass
    assert list(temporary.iterdir()) == []


def test_a_temporary_folder_that_cannot_be_made_is_a_clear_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = make_zip(tmp_path / "set.zip", GOOD)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "nothing"))
    with pytest.raises(DatasetError, match="temporary folder.*TMPDIR"), opened_input(path):
        pass


@given(st.text(alphabet="ab./\\:C\0 é", max_size=12))
def test_no_accepted_name_leaves_its_folder(name: str) -> None:
    if not name_fault(name):
        base = Path("/base")
        inside = Path(os.path.normpath(base / name))
        assert inside != base
        assert inside.is_relative_to(base)


@hypothesis_settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_flipped_bytes_never_give_anything_but_errors_of_the_library(data: st.DataObject, tmp_path: Path) -> None:
    suffix = data.draw(st.sampled_from([".zip", ".tar", ".tar.gz", ".tar.xz"]))
    path = make_archive(tmp_path / f"set{suffix}", {**GOOD, "long/" * 30 + "x.nii": b"abc" * 99})
    raw = bytearray(path.read_bytes())
    for _ in range(data.draw(st.integers(1, 4))):
        raw[data.draw(st.integers(0, len(raw) - 1))] = data.draw(st.integers(0, 255))
    path.write_bytes(raw)
    try:
        files, _ = found(path, SMALL)
    except (FormatError, DatasetError):
        return
    assert files


def test_blocks_are_written_as_they_come(tmp_path: Path) -> None:
    archive_unpacking.write_blocks(tmp_path / "a" / "b.nii", iter([b"one", b"two"]))
    assert (tmp_path / "a" / "b.nii").read_bytes() == b"onetwo"
