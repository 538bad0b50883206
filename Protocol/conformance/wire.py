"""../wire.md: frames, the form of messages, have-vectors."""
from __future__ import annotations

import hashlib
import struct
from dataclasses import dataclass
from typing import Any, Iterator, NamedTuple, Optional

from google.protobuf.message import DecodeError

import messages
from log_format import LIMITS, Block, FeedID, Head, Refused

HELLO, HAVE, WANT, DATA, CHECKPOINT, ACK, KEYS, INCIDENT, BYE = 0x81, 0x82, 0x83, 0x84, 0x85, 0x86, 0x87, 0x08, 0x89
REPORT = 0x0B
NAMES = {HELLO: "hello", HAVE: "have", WANT: "want", DATA: "data", CHECKPOINT: "checkpoint", ACK: "ack", KEYS: "keys",
         INCIDENT: "incident", REPORT: "report", BYE: "bye"}
MESSAGES = {HELLO: messages.wire.Hello, HAVE: messages.wire.Have, WANT: messages.wire.Want,
            CHECKPOINT: messages.wire.CheckpointMessage, ACK: messages.wire.Ack, KEYS: messages.wire.Keys,
            INCIDENT: messages.wire.Incident, REPORT: messages.wire.Report, BYE: messages.wire.Bye}
DATA_FRAME_BYTES = LIMITS["dataFrameBytes"]
VERSION = 1
CONTROL_VERSION = 0
KEYS_MARK_BYTES = 32

(FINISHED, SHUTTING_DOWN, OTHER_VERSION, OTHER_REGISTRY, NOT_ADMITTED, REVOKED, PROTOCOL, UNKNOWN_FRAME, TOO_LARGE, INVALID,
 UNAVAILABLE, SILENT, DUPLICATE, BUSY) = range(14)


class Violation(Exception):
    """What ends a session: the reason BYE gives, and where it was found."""

    def __init__(self, reason: int, text: str, where: str = "message"):
        super().__init__(f"{text} (BYE {reason})")
        self.reason, self.where = reason, where


def ill_formed(condition: bool, text: str) -> None:
    if condition:
        raise Violation(INVALID, text)


@dataclass
class Data:
    """DATA: its header, and the blocks with what is known of them before the chain is."""

    header: Any
    blocks: list[Block]


# Frames --------------------------------------------------------------------------------------------------------------


def frame(kind: int, payload: bytes) -> bytes:
    return struct.pack("<IB", len(payload), kind) + payload


def encoded(kind: int, message: Any) -> bytes:
    return frame(kind, message.SerializeToString(deterministic=True))


def encoded_data(feed: FeedID, after: Head, blocks: bytes, pushed: bool = False) -> bytes:
    header = messages.wire.DataHeader(feed=feed_message(feed), after=after.position, digest=after.digest[:16])
    if pushed:
        header.pushed = True
    text = header.SerializeToString(deterministic=True)
    return frame(DATA, struct.pack("<H", len(text)) + text + blocks)


class Frames:
    """Cuts what arrives into frames; keeps nothing of one that is too large."""

    def __init__(self) -> None:
        self._waiting = bytearray()

    @property
    def waiting(self) -> int:
        return len(self._waiting)

    def add(self, data: bytes) -> Iterator[tuple[int, bytes]]:
        """The frames that are whole now, unknown ancillary ones passed over."""
        self._waiting += data
        while len(self._waiting) >= 5:
            length, kind = struct.unpack_from("<IB", self._waiting)
            if length > (DATA_FRAME_BYTES if kind == DATA else LIMITS["controlFrameBytes"]):
                raise Violation(TOO_LARGE, "a frame beyond its limit", "frame")
            if kind not in NAMES and kind & 0x80:
                raise Violation(UNKNOWN_FRAME, f"an unknown critical frame {kind:#x}", "frame")
            if len(self._waiting) < 5 + length:
                return
            payload = bytes(self._waiting[5:5 + length])
            del self._waiting[:5 + length]
            if kind in NAMES:
                yield kind, payload


# The form of messages ------------------------------------------------------------------------------------------------


def parsed(kind: int, payload: bytes) -> Any:
    """The message of a frame, when it is well-formed."""
    if kind == DATA:
        return _parsed_data(payload)
    message = _decoded(MESSAGES[kind](), payload)
    if kind == HELLO:
        ill_formed(message.version_minimum > message.version_maximum, "versions the wrong way round")
        ill_formed(len(message.keys_mark) > KEYS_MARK_BYTES, "a mark of keys that is too long")
        _lengths((message.registry, 32), (message.site, 16), (message.epoch, 8))
    elif kind == HAVE:
        _check_have(message)
    elif kind == WANT:
        feed_of(message.feed)
        _lengths((message.digest, 32))
        _position(message.position, 0)
        ill_formed(not LIMITS["wantBytesMinimum"] <= message.bytes <= LIMITS["wantBytesMaximum"], "the credit of WANT")
    elif kind == CHECKPOINT:
        feed_of(message.feed)
        _lengths((message.digest, 32), (message.signature, 64))
        _position(message.position, 1)
    elif kind == ACK:
        feed_of(message.feed)
        _lengths((message.digest, 16))
        _position(message.position, 1)
    elif kind == KEYS:
        ill_formed(len(message.mark) > KEYS_MARK_BYTES, "a mark of keys that is too long")
    elif kind == INCIDENT:
        feed_of(message.feed)
        _position(message.position, 0)
    elif kind == REPORT:
        if len(message.sites) > LIMITS["reportSites"]:
            raise Violation(TOO_LARGE, "REPORT names too many sites")
        for site in message.sites:
            _lengths((site.site, 16))
            if len(site.heads) > LIMITS["reportFeeds"]:
                raise Violation(TOO_LARGE, "REPORT names too many feeds of one site")
            for head in site.heads:
                _lengths((head.epoch, 8))
                ill_formed(head.lane > 3, "a lane of REPORT")
                _position(head.position, 1)
    return message


def _decoded(message: Any, payload: bytes) -> Any:
    try:
        message.ParseFromString(payload)
    except DecodeError as error:
        raise Violation(INVALID, f"not a protocol buffer: {error}") from error
    return message


def _lengths(*rows: tuple[bytes, int]) -> None:
    for value, length in rows:
        ill_formed(len(value) != length, f"{len(value)} bytes where {length} belong")


def _position(value: int, least: int) -> None:
    ill_formed(not least <= value <= LIMITS["position"], f"position {value}")


def feed_of(message: Any) -> FeedID:
    _lengths((message.site, 16), (message.epoch, 8))
    ill_formed(message.lane > 3, f"lane {message.lane}")
    return FeedID(message.site, message.epoch, message.lane)


def feed_message(feed: FeedID) -> Any:
    return messages.wire.Feed(site=feed.site, epoch=feed.epoch, lane=feed.lane)


def _check_have(message: Any) -> None:
    feeds = [feed for feed, _ in rows_of(message)]
    ill_formed(feeds != sorted(set(feeds)), "feeds out of order")
    if message.frontier:
        _lengths((message.frontier, 16))
        ill_formed(not message.full and not message.base, "rows that change nothing")
    else:
        ill_formed(not message.resend or message.full or bool(message.base) or bool(feeds), "no digest of the vector")
    if message.base:
        _lengths((message.base, 16))


def _parsed_data(payload: bytes) -> Data:
    ill_formed(len(payload) < 2, "DATA without a header")
    length = struct.unpack_from("<H", payload)[0]
    ill_formed(len(payload) < 2 + length, "DATA that ends in its header")
    header = _decoded(messages.wire.DataHeader(), payload[2:2 + length])
    feed_of(header.feed)
    _lengths((header.digest, 16))
    _position(header.after, 0)
    try:
        blocks = Block.decode_all(payload[2 + length:])
    except Refused as error:
        raise Violation(INVALID, str(error)) from error
    ill_formed(not blocks, "DATA without a block")
    position = header.after
    for block in blocks:
        ill_formed(block.first != position + 1, "a gap between blocks")
        position = block.last
    return Data(header, blocks)


# What is held --------------------------------------------------------------------------------------------------------


class Row(NamedTuple):
    position: int
    digest: bytes
    bytes: int


Vector = dict[FeedID, Row]


def vector_digest(vector: Vector) -> bytes:
    total = 0
    for feed, row in vector.items():
        text = b"abscope row 1" + feed.encoded() + struct.pack("<Q", row.position) + row.digest
        total += int.from_bytes(hashlib.sha256(text).digest()[:16], "little")
    return (total % 2**128).to_bytes(16, "little")


def rows_of(message: Any) -> Iterator[tuple[FeedID, Row]]:
    for row in message.rows:
        for lane in row.lanes:
            _lengths((lane.digest, 16))
            _position(lane.position, 1)
            yield feed_of(messages.wire.Feed(site=row.site, epoch=row.epoch, lane=lane.lane)), \
                Row(lane.position, lane.digest, min(lane.bytes, 1 << 53))


def have(rows: Vector, after: Vector, base: Optional[bytes] = None, more: bool = False) -> Any:
    """HAVE of some rows: full, or as a change of the vector with the digest `base`; `after` is the vector with them."""
    message = messages.wire.Have(frontier=vector_digest(after))
    if base is None:
        message.full = True
    else:
        message.base = base
    for feed, row in sorted(rows.items()):
        last = message.rows[-1] if message.rows else None
        if last is None or (last.site, last.epoch) != (feed.site, feed.epoch):
            last = message.rows.add(site=feed.site, epoch=feed.epoch)
        last.lanes.add(lane=feed.lane, position=row.position, digest=row.digest, bytes=row.bytes)
    if more:
        message.more = True
    return message


# The control socket --------------------------------------------------------------------------------------------------


def control_request(data: bytes) -> Optional[Any]:
    """The request in some bytes; nothing while more are needed."""
    length = struct.unpack_from("<I", data)[0] if len(data) >= 4 else 0
    if length > LIMITS["controlFrameBytes"]:
        raise Violation(TOO_LARGE, "a request beyond its limit")
    if len(data) < 4 + max(length, 1):
        return None
    message = _decoded(messages.wire.ControlRequest(), data[4:4 + length])
    ill_formed(message.version != CONTROL_VERSION, "another version")
    ill_formed(not 1 <= message.verb <= 6, f"verb {message.verb}")
    ill_formed(message.timeout_seconds > 86400, "a wait of more than a day")
    if message.HasField("peer") or message.verb == 5:
        _lengths((message.peer, 16))
    if message.verb == 5:
        feed_of(message.feed)
        _lengths((message.digest, 32))
        _position(message.position, 0)
    return message
