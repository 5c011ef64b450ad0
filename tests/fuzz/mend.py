"""Checksums made right again after bytes were changed: without that, no mutation gets past them.

Each function takes a damaged file and gives it back with the sums that its bytes want, or as it came.
"""

from __future__ import annotations

import hashlib
import struct
import zlib

MOST = 1 << 20  # bytes to unpack for a sum


def png(data: bytes) -> bytes:
    """The CRC of every chunk: length, type, body, CRC-32 of type and body."""
    out, at = bytearray(data), 8
    while at + 12 <= len(out):
        end = at + 8 + int.from_bytes(out[at : at + 4])
        if end + 4 > len(out):
            break
        out[end : end + 4] = struct.pack(">I", zlib.crc32(out[at + 4 : end]))
        at = end + 4
    return bytes(out)


def gz(data: bytes) -> bytes:
    """CRC-32 and length behind the deflate stream of a gzip file that has no optional fields."""
    stream = zlib.decompressobj(-15)
    try:
        unpacked = stream.decompress(data[10:], MOST)
    except zlib.error:
        return data
    if not stream.eof:
        return data
    end = len(data) - len(stream.unused_data)
    return data[:end] + struct.pack("<II", zlib.crc32(unpacked), len(unpacked)) + data[end + 8 :]


def archive(data: bytes) -> bytes:
    """CRC-32 of every entry, in the archive's directory: zipfile looks there alone."""
    out, at = bytearray(data), -1
    while (at := data.find(b"PK\1\2", at + 1)) >= 0:
        try:
            method, size = struct.unpack_from("<H", data, at + 10)[0], struct.unpack_from("<I", data, at + 20)[0]
            local = struct.unpack_from("<I", data, at + 42)[0]
            start = local + 30 + sum(struct.unpack_from("<HH", data, local + 26))
            body = data[start : start + size]
            unpacked = zlib.decompressobj(-15).decompress(body, MOST) if method == 8 else body
            struct.pack_into("<I", out, at + 16, zlib.crc32(unpacked))
        except (struct.error, zlib.error):
            continue
    return bytes(out)


def checkpoint(data: bytes) -> bytes:
    """The archive's sums, and the SHA-256 of all before it in its comment."""
    head = archive(data)[:-64]
    return head + hashlib.sha256(head).hexdigest().encode()
