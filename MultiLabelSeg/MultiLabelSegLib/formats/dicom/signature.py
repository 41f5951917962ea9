"""What is known of DICOM files without reading them: their first bytes, and how segmentations may be stored."""

from __future__ import annotations

from typing import Literal

#: one number a voxel (``labelmap``), one bit a voxel and label (``binary``), or what the labels allow
Encoding = Literal["auto", "binary", "labelmap"]


def is_dicom(head: bytes) -> bool:
    """Whether the first bytes of a file are those of a DICOM file."""
    return head[128:132] == b"DICM"
