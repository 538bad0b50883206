"""../log-format.md: identities, chain, blocks, checkpoints, segments, HEADS."""
from __future__ import annotations

import hashlib
import json
import struct
import zlib
from dataclasses import dataclass
from typing import Iterable, Iterator, NamedTuple

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from messages import PROTOCOL

LIMITS: dict[str, int] = json.loads((PROTOCOL / "limits.json").read_text())
DICTIONARIES = {1: bytes.fromhex((PROTOCOL / "dictionary-1.hex").read_text())}
BLOCK_HEADER = struct.Struct("<QIIIBBHI32sI")


class Refused(Exception):
    """These bytes are not what the format allows."""


def must(condition: bool, reason: str) -> None:
    if not condition:
        raise Refused(reason)


def checked(data: bytes, what: str) -> bytes:
    """The bytes before a CRC-32 at their end, which has to hold."""
    must(zlib.crc32(data[:-4]) == struct.unpack("<I", data[-4:])[0], f"checksum of {what}")
    return data[:-4]


# Identities and chain ------------------------------------------------------------------------------------------------


class FeedID(NamedTuple):
    """Compares as the frontier sorts: by the bytes of site, epoch, lane."""

    site: bytes
    epoch: bytes
    lane: int

    def encoded(self) -> bytes:
        return self.site + self.epoch + bytes([self.lane])


class Head(NamedTuple):
    position: int
    digest: bytes


def public_bytes(key: Ed25519PrivateKey) -> bytes:
    return key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)


def site_of(key: bytes) -> bytes:
    return hashlib.sha256(key).digest()[:16]


def feed_start(key: bytes, epoch: bytes, lane: int) -> bytes:
    """h(0) of a feed."""
    return hashlib.sha256(b"abscope feed 1" + key + epoch + bytes([lane])).digest()


def framed(entry: bytes) -> bytes:
    return struct.pack("<I", len(entry)) + entry


def digest_after(digest: bytes, entry: bytes) -> bytes:
    return hashlib.sha256(digest + framed(entry)).digest()


# Blocks --------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Block:
    """Some consecutive entries of one feed, stored bytes not yet looked into."""

    first: int
    count: int
    raw_length: int
    dictionary: int
    deflated: bool
    digest: bytes
    stored: bytes
    encoded: bytes

    @property
    def last(self) -> int:
        return self.first + self.count - 1

    @staticmethod
    def decode(data: bytes, offset: int = 0) -> Block:
        """The block that begins at an offset. Refuses by header and checksum of the stored bytes, not by contents."""
        header = data[offset:offset + 64]
        must(len(header) == 64, "ends in the header of a block")
        checked(header, "a block's header")
        first, count, raw, stored, method, dictionary, zero, checksum, digest, _ = BLOCK_HEADER.unpack(header)
        must(zero == 0, "a field that is not zero")
        must(method in (0, 1), "a method nobody knows")
        must(dictionary == 0 or (method == 1 and dictionary in DICTIONARIES), "a dictionary nobody knows")
        must(first >= 1 and first + count - 1 <= LIMITS["position"], "a position that does not exist")
        must(count >= 1 and 5 * count <= raw, "a number of entries that can not be")
        must(raw <= LIMITS["blockRawBytes"], "too long a block")
        must(1 <= stored <= raw and (method == 1 or stored == raw), "a stored length that can not be")
        body = data[offset + 64:offset + 64 + stored]
        must(len(body) == stored, "ends in the stored bytes of a block")
        must(zlib.crc32(body) == checksum, "checksum of stored bytes")
        return Block(first, count, raw, dictionary, method == 1, digest, body, header + body)

    @staticmethod
    def decode_all(data: bytes) -> list[Block]:
        blocks, offset = [], 0
        while offset < len(data):
            blocks.append(Block.decode(data, offset))
            offset += len(blocks[-1].encoded)
        return blocks

    @staticmethod
    def encode(first: int, entries: list[bytes], before: bytes, deflate: bool = True, dictionary: int = 0) -> bytes:
        """A block of these entries; `before` is the digest before the first. Stored plain where deflate is no shorter."""
        raw = b"".join(map(framed, entries))
        must(0 < len(raw) <= LIMITS["blockRawBytes"], "entries that do not fit into a block")
        stored, method = raw, 0
        if deflate:
            preset = {"zdict": DICTIONARIES[dictionary]} if dictionary else {}
            packer = zlib.compressobj(6, zlib.DEFLATED, -15, **preset)
            packed = packer.compress(raw) + packer.flush()
            if len(packed) < len(raw):
                stored, method = packed, 1
        for entry in entries:
            before = digest_after(before, entry)
        header = BLOCK_HEADER.pack(first, len(entries), len(raw), len(stored), method, dictionary * method, 0,
                                   zlib.crc32(stored), before, 0)[:60]
        return header + struct.pack("<I", zlib.crc32(header)) + stored

    def entries(self) -> list[bytes]:
        """What it holds. Never inflates more than one byte beyond the raw length."""
        raw = self.stored
        if self.deflated:
            preset = {"zdict": DICTIONARIES[self.dictionary]} if self.dictionary else {}
            inflater = zlib.decompressobj(-15, **preset)
            try:
                raw = inflater.decompress(self.stored, self.raw_length + 1)
            except zlib.error as error:
                raise Refused(f"a broken stream: {error}") from error
            must(inflater.eof and not inflater.unused_data, "a stream that does not end where the block does")
        must(len(raw) == self.raw_length, "another raw length than declared")
        entries, offset = [], 0
        for _ in range(self.count):
            must(offset + 4 <= len(raw), "ends in the length of an entry")
            length = struct.unpack_from("<I", raw, offset)[0]
            must(1 <= length <= LIMITS["entryBytes"], "a length no entry has")
            must(offset + 4 + length <= len(raw), "an entry longer than the block")
            entries.append(raw[offset + 4:offset + 4 + length])
            offset += 4 + length
        must(offset == len(raw), "bytes behind the last entry")
        return entries

    def proven(self, before: bytes) -> list[bytes]:
        """What it holds, when the chain from the digest before its first entry gives the one it states."""
        entries = self.entries()
        for entry in entries:
            before = digest_after(before, entry)
        must(before == self.digest, "the chain")
        return entries


# Signatures ----------------------------------------------------------------------------------------------------------


def signed_text(context: str, registry: bytes, content: bytes) -> bytes:
    return context.encode() + b"\0" + registry + content


def holds(key: bytes, signature: bytes, text: bytes) -> bool:
    try:
        Ed25519PublicKey.from_public_bytes(key).verify(signature, text)
    except (InvalidSignature, ValueError):
        return False
    return True


def checkpoint_text(registry: bytes, feed: FeedID, head: Head) -> bytes:
    statement = feed.encoded() + bytes(7) + struct.pack("<Q", head.position) + head.digest
    return signed_text("abscope checkpoint 1", registry, statement)


def decode_checkpoint(row: bytes, key: bytes) -> tuple[bytes, FeedID, Head]:
    """A row of `CHECKPOINTS`, with its signature checked: registry, feed, head."""
    must(len(row) == 176 and row[57:64] == bytes(7) and row[172:] == bytes(4), "the form of a checkpoint")
    checked(row[:172], "a checkpoint")
    registry, feed = row[:32], FeedID(row[32:48], row[48:56], row[56])
    head = Head(struct.unpack("<Q", row[64:72])[0], row[72:104])
    must(feed.lane <= 3 and 1 <= head.position <= LIMITS["position"], "the place of a checkpoint")
    must(feed.site == site_of(key) and holds(key, row[104:168], checkpoint_text(registry, feed, head)), "the signature")
    return registry, feed, head


def frontier(heads: dict[FeedID, Head]) -> bytes:
    text = b"abscope frontier 1"
    for feed, head in sorted(heads.items()):
        if head.position:
            text += feed.encoded() + struct.pack("<Q", head.position) + head.digest
    return hashlib.sha256(text).digest()[:16]


# Segments ------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class SegmentHeader:
    sealed: bool
    feed: FeedID
    key: bytes
    salt: bytes
    before: Head
    predecessor: tuple[int, int]
    created: int

    @staticmethod
    def decode(data: bytes) -> SegmentHeader:
        must(len(data) >= 256 and data[:8] == b"AbscSeg1", "the header of a segment")
        checked(data[:256], "a segment's header")
        version, kind, length = struct.unpack_from("<HHI", data, 8)
        must((version, kind) in ((1, 0), (0, 1)) and length == 256, "a version or kind nobody knows")
        must(data[41:48] == bytes(7) and data[152:252] == bytes(100), "a field that is not zero")
        first, name, end = struct.unpack_from("<QQQ", data, 88)
        feed, key = FeedID(data[16:32], data[32:40], data[40]), data[48:80]
        must(feed.lane <= 3 and feed.site == site_of(key) and first >= 1, "an identity that can not be")
        created = struct.unpack_from("<q", data, 144)[0]
        return SegmentHeader(kind == 1, feed, key, data[80:88], Head(first - 1, data[112:144]), (name, end), created)


def raw_segment(data: bytes) -> tuple[list[bytes], Head, int]:
    """Entries of a raw segment up to the first place at which no block counts, as whole commits; the head, and the end."""
    header = SegmentHeader.decode(data)
    must(not header.sealed, "a sealed segment")
    head, offset, entries = header.before, 256, []
    whole, open_since = (0, head, 256), None
    while True:
        try:
            magic, checksum, durable = struct.unpack_from("<4sIQ", data, offset)
            block = Block.decode(data, offset + 16)
            bound = magic + header.salt + struct.pack("<QQ", offset, durable) + block.encoded[:64]
            must(magic in (b"AbB1", b"AbB+") and zlib.crc32(bound) == checksum and durable <= offset, "a prefix")
            must(block.first == head.position + 1, "a gap")
            must(durable == (open_since or offset), "another beginning of the commit")
            entries += block.proven(head.digest)
        except (Refused, struct.error):
            break
        head, offset = Head(block.last, block.digest), offset + 16 + len(block.encoded)
        open_since = durable if magic == b"AbB+" else None
        if not open_since:
            whole = (len(entries), head, offset)
    return entries[:whole[0]], whole[1], whole[2]


def sealed_segment(data: bytes) -> tuple[list[bytes], Head, int]:
    """Entries of a sealed segment, the head behind it, and where its last block ended in the raw file."""
    header = SegmentHeader.decode(data)
    must(header.sealed, "a raw segment")
    footer = data[-128:]
    checked(footer, "a footer")
    magic, at, count, checksum, first, number, raw_total, raw_end = struct.unpack_from("<8sQIIQQQQ", footer)
    must(magic == b"AbscEnd1" and footer[96:124] == bytes(28) and footer[56:64] == header.salt, "the footer")
    index = data[at:-128]
    must(len(index) == 56 * count and zlib.crc32(index) == checksum, "the index")
    head, offset, entries, total = header.before, 256, [], 0
    for row in range(count):
        position, place, length, raw, before = struct.unpack_from("<QQII32s", index, 56 * row)
        must((position, place, before) == (head.position + 1, offset, head.digest), "a row of the index")
        block = Block.decode(data, offset)
        must((len(block.encoded), block.raw_length, block.first) == (length, raw, position), "a row of the index")
        entries += block.proven(head.digest)
        head, offset, total = Head(block.last, block.digest), offset + length, total + raw
    must((at, first, number, raw_total) == (offset, header.before.position + 1, len(entries), total), "the footer's sums")
    must(footer[64:96] == head.digest, "the footer's digest")
    return entries, head, raw_end


# HEADS ---------------------------------------------------------------------------------------------------------------


def heads_header(unit: bytes) -> tuple[int, bytes, int]:
    """Number of pairs, boot, and change counter."""
    must(len(unit) == 512 and unit[:8] == b"AbscHds1", "the header of HEADS")
    checked(unit[:64], "the header of HEADS")
    version, pairs, boot, counter = struct.unpack_from("<II16sQ", unit, 8)
    must(version == 1 and counter < 1 << 63 and unit[40:60] == bytes(20) and unit[64:] == bytes(448), "the header of HEADS")
    return pairs, boot, counter


@dataclass(frozen=True)
class Slot:
    feed: FeedID
    branch: int
    generation: int
    segment: int
    written: int
    durable: int
    stored: Head
    attested: Head
    poisoned: bool
    damaged: bool

    @staticmethod
    def decode(unit: bytes, index: int) -> Slot:
        must(len(unit) == 512 and unit[:4] == b"AbSl", "a slot")
        must(zlib.crc32(struct.pack("<Q", index) + unit[:188]) == struct.unpack_from("<I", unit, 188)[0], "checksum of a slot")
        flags = struct.unpack_from("<I", unit, 4)[0]
        must(flags < 4 and unit[33:36] == bytes(3) and unit[152:188] == bytes(36) and unit[192:] == bytes(320), "a slot")
        branch, generation, segment, written, durable, stored = struct.unpack_from("<IQQQQQ", unit, 36)
        attested = Head(struct.unpack_from("<Q", unit, 112)[0], unit[120:152])
        must(1 <= generation < 1 << 63 and durable <= written < 1 << 63 and attested.position <= stored, "a slot's numbers")
        feed = FeedID(unit[8:24], unit[24:32], unit[32])
        must(feed.lane <= 3, "a lane nobody knows")
        return Slot(feed, branch, generation, segment, written, durable, Head(stored, unit[80:112]), attested,
                    bool(flags & 1), bool(flags & 2))


def cut(entries: Iterable[bytes], after: int = 0) -> Iterator[tuple[int, list[bytes]]]:
    """Consecutive entries as the contents of blocks: position of the first, entries."""
    position, part, size = after + 1, [], 0
    for entry in entries:
        if part and size + 4 + len(entry) > LIMITS["blockRawBytes"]:
            yield position, part
            position, part, size = position + len(part), [], 0
        part.append(entry)
        size += 4 + len(entry)
    if part:
        yield position, part
