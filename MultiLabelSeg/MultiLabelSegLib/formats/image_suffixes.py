"""Names of image files."""

from __future__ import annotations

from pathlib import Path

#: suffixes that label images are written with
WRITTEN_SUFFIXES = (".nii.gz", ".nii", ".nrrd", ".mha", ".mhd", ".gipl.gz", ".gipl")
#: suffixes that images are read from
READ_SUFFIXES = (*WRITTEN_SUFFIXES, ".nhdr", ".hdr", ".img", ".hdr.gz", ".img.gz")


def image_suffix(path: Path) -> str | None:
    """The suffix of an image that we read, in lower case, or None: ``.nii.gz`` of ``a.b.NII.GZ``."""
    name = path.name.lower()
    return next((suffix for suffix in READ_SUFFIXES if name.endswith(suffix)), None)


def is_file_or_broken_link(path: Path) -> bool:
    """Whether it is a file, or a link to one that is not there (data that were not fetched).

    Searches take such links in, so that reading names them; otherwise a case would be missing without a word.
    """
    return path.is_file() or (path.is_symlink() and not path.exists())
