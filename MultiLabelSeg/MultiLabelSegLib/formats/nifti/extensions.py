"""Header extensions of NIfTI files: pieces of (code, bytes) between header and voxels."""

from __future__ import annotations

from collections.abc import Sequence

from ...errors import CorruptFileError
from .fields import ByteOrder

#: a code and the content, without padding removed
Extension = tuple[int, bytes]


def parse_extensions(block: bytes, byteorder: ByteOrder) -> list[Extension]:
    """The extensions in the bytes between the header and the voxels; the first four of them say whether there are any.

    Trailing padding is part of an extension's content. Raises CorruptFileError (no path) for a size that cannot be.
    """
    if len(block) < 4 or block[0] == 0:
        return []
    found: list[Extension] = []
    at = 4
    while at + 8 <= len(block):
        size = int.from_bytes(block[at : at + 4], byteorder, signed=True)
        if size == 0 and not any(block[at:]):
            break
        if size < 8 or at + size > len(block):
            raise CorruptFileError(
                None, f"header extension {len(found) + 1} states {size} bytes where {len(block) - at} are left"
            )
        code = int.from_bytes(block[at + 4 : at + 8], byteorder, signed=True)
        found.append((code, bytes(block[at + 8 : at + size])))
        at += size
    return found


def extension_bytes(extensions: Sequence[Extension]) -> bytes:
    """The four bytes that say whether there are extensions, then the extensions, little endian, padded to 16 bytes."""
    if not extensions:
        return bytes(4)
    parts = [b"\1\0\0\0"]
    for code, content in extensions:
        size = (8 + len(content) + 15) // 16 * 16
        parts.append(size.to_bytes(4, "little", signed=True) + code.to_bytes(4, "little", signed=True))
        parts.append(content.ljust(size - 8, b"\0"))
    return b"".join(parts)
