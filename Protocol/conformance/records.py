"""../records.md: references, merging, sealed values, attached files, case numbers."""
from __future__ import annotations

import hashlib
import hmac
import os
import struct
import time
from dataclasses import dataclass, field
from typing import Any, Iterable, NamedTuple, Optional

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from google.protobuf.message import DecodeError

import messages
from log_format import FeedID, Refused, must
from sealing import hkdf

PIECE_BYTES, FILE_BYTES = 15360, 268_435_456
CREATE, AMEND, RETRACT = 1, 2, 3
PERSON, CASE, OPERATOR = 1, 2, 16


# References ----------------------------------------------------------------------------------------------------------


class EntryName(NamedTuple):
    feed: FeedID
    position: int
    digest_prefix: bytes


class RecordName(NamedTuple):
    """The change that created a record; without an entry: of the entry that carries the reference."""

    entry: Optional[EntryName]
    change: int


def resolved(reference: Any, carrier: FeedID) -> EntryName:
    site, epoch = reference.site or carrier.site, reference.epoch or carrier.epoch
    must(not reference.site or bool(reference.epoch), "a site without an epoch")
    must((len(site), len(epoch)) == (16, 8) and reference.position > 0, "a reference that names nothing")
    must(reference.HasField("digest_prefix"), "a reference without a digest")
    lane = reference.lane if reference.HasField("lane") else carrier.lane
    return EntryName(FeedID(site, epoch, lane), reference.position, struct.pack(">Q", reference.digest_prefix))


def resolved_record(reference: Any, carrier: FeedID) -> RecordName:
    return RecordName(resolved(reference.entry, carrier) if reference.HasField("entry") else None, reference.change)


def decoded_entry(data: bytes) -> Any:
    entry = messages.record.Entry()
    try:
        entry.ParseFromString(data)
    except DecodeError as error:
        raise Refused(f"no entry: {error}") from error
    must(1 <= len(entry.changes) <= 1024, "an entry without changes")
    return entry


# Merging -------------------------------------------------------------------------------------------------------------


@dataclass
class Change:
    """One change of one record, each the only one of its entry."""

    parents: list[int]
    action: str
    fields: dict[int, str]
    whole: bool = False


@dataclass
class State:
    standing: str
    heads: list[int]
    pending: list[tuple[int, list[int]]]
    candidates: dict[int, dict[str, set[int]]] = field(default_factory=dict)
    unknown: set[int] = field(default_factory=set)


def merged(record: int, changes: dict[int, Change]) -> State:
    """The state of a record by the rules of "Merging", 1 to 6."""
    builds_on = {key: set(change.parents) or ({record} - {key}) for key, change in changes.items()}
    placed: set[int] = set()
    while fresh := {key for key in changes.keys() - placed if builds_on[key] <= placed}:
        placed |= fresh

    def ancestors(key: int) -> set[int]:
        found, ahead = set(), list(builds_on[key])
        while ahead:
            if (one := ahead.pop()) not in found:
                found.add(one)
                ahead += builds_on.get(one, ())
        return found

    def missing(key: int) -> list[int]:
        return sorted(one for one in ancestors(key) if one not in changes)

    def first_met(key: int, number: int) -> set[int]:
        if number in changes[key].fields:
            return {key}
        return {one for parent in builds_on[key] for one in first_met(parent, number)}

    over = {one for key in placed for one in builds_on[key]}
    heads = sorted(placed - over)
    retracting = [changes[key].action == "retract" for key in heads]
    standing = "standing" if not any(retracting) else "retracted" if all(retracting) else "disputed"
    state = State(standing, heads, sorted((key, missing(key)) for key in changes.keys() - placed))
    for number in {number for change in changes.values() for number in change.fields}:
        speakers = {key for key in placed if number in changes[key].fields}
        found: dict[str, set[int]] = {}
        if any(change.whole for change in changes.values()):
            for head in heads if speakers else ():
                met = first_met(head, number)
                for key in met:
                    found.setdefault(changes[key].fields[number], set()).add(key)
                if not met:
                    found.setdefault("absent", set()).add(head)
        else:
            outdated = {one for key in speakers for one in ancestors(key)}
            for key in speakers - outdated:
                found.setdefault(changes[key].fields[number], set()).add(key)
        state.candidates[number] = found
        if any(number in changes[key].fields for key in changes.keys() - placed):
            state.unknown.add(number)
    return state


# Identifying values --------------------------------------------------------------------------------------------------


def key_name(key: bytes) -> bytes:
    return hashlib.sha256(b"abscope person key 1" + key).digest()[:8]


def _bound(name: RecordName) -> bytes:
    if name.entry is None:
        return struct.pack("<BI", 0, name.change)
    digest = int.from_bytes(name.entry.digest_prefix, "big")
    return b"\1" + name.entry.feed.encoded() + struct.pack("<QQI", name.entry.position, digest, name.change)


def sealing_context(feed: FeedID, record: RecordName, person: RecordName, kind: int, fields: Iterable[int]) -> bytes:
    numbers = sorted(fields)
    return (b"abscope sealed body 1" + feed.encoded() + _bound(record) + _bound(person)
            + b"".join(struct.pack("<I", number) for number in (kind, len(numbers), *numbers)))


def sealed(key: bytes, nonce: bytes, body: bytes, context: bytes) -> bytes:
    return ChaCha20Poly1305(key).encrypt(nonce, body, context)


def unsealed(key: bytes, nonce: bytes, ciphertext: bytes, context: bytes) -> bytes:
    try:
        return ChaCha20Poly1305(key).decrypt(nonce, ciphertext, context)
    except (InvalidTag, ValueError) as error:
        raise Refused("a sealed body that does not open") from error


def person_names(entry: Any, feed: FeedID, keys: dict[bytes, bytes]) -> list[str]:
    """The names of persons an entry creates, as far as the keys are here; keys by their names."""
    names = []
    for index, change in enumerate(entry.changes):
        if change.kind != PERSON or change.action != CREATE or change.sealed.key not in keys:
            continue
        here = RecordName(None, index)
        context = sealing_context(feed, here, resolved_record(change.sealed.person, feed), PERSON, change.sealed.fields)
        body = messages.record.PersonBody()
        body.ParseFromString(unsealed(keys[change.sealed.key], change.sealed.nonce, change.sealed.ciphertext, context))
        names.append(body.name.value)
    return names


# Writing -------------------------------------------------------------------------------------------------------------


def entry(changes: Iterable[Any], **more: Any) -> bytes:
    now = messages.record.Moment(milliseconds_since_epoch=int(time.time() * 1000), zone_offset_minutes=0)
    made = messages.record.Entry(schema_version=0, recorded=now, program="conformance peer 0", changes=changes, **more)
    return made.SerializeToString(deterministic=True)


def operator_entry(name: str) -> bytes:
    body = messages.record.OperatorBody(name=messages.record.Text(value=name))
    return entry([messages.record.Change(kind=OPERATOR, action=CREATE, body=body.SerializeToString(deterministic=True))])


def case_entry(feed: FeedID, operator: Any, name: str, key: bytes) -> bytes:
    """A person, whose name is sealed under their key, and their case."""
    here = RecordName(None, 0)
    body = messages.record.PersonBody(name=messages.record.Text(value=name)).SerializeToString(deterministic=True)
    nonce = os.urandom(12)
    person = messages.record.Change(kind=PERSON, action=CREATE, sealed=messages.record.SealedBody(
        person=messages.record.RecordReference(), nonce=nonce, fields=[1], key=key_name(key),
        ciphertext=sealed(key, nonce, body, sealing_context(feed, here, here, PERSON, [1]))))
    link = messages.record.Link(field=1, record=messages.record.RecordReference())
    stage = messages.record.CaseBody(stage=messages.record.Stage(reported_group="IIIA")).SerializeToString(deterministic=True)
    case = messages.record.Change(kind=CASE, action=CREATE, body=stage, links=[link])
    return entry([person, case], operator=operator)


def reference_to(feed: FeedID, position: int, digest: bytes) -> Any:
    """A record by its creating entry's first change, as an entry of the same feed names it."""
    return messages.record.RecordReference(entry=messages.record.Reference(
        position=position, digest_prefix=int.from_bytes(digest[:8], "big")))


# Attachments ---------------------------------------------------------------------------------------------------------


def attachment_of(person_key: bytes, digest: bytes) -> bytes:
    return hmac.digest(person_key, b"abscope attachment 1" + digest, "sha256")[:16]


def piece(entry: bytes, person_key: bytes, attachment: bytes, number: int, count: int) -> bytes:
    """The plain bytes of a piece; the reason of a refusal says whether it is none ("message") or another ("opening")."""
    chunk = messages.record.AttachmentChunk()
    try:
        chunk.ParseFromString(entry)
    except DecodeError as error:
        raise Refused("message") from error
    must(len(chunk.attachment) == 16 and chunk.number <= FILE_BYTES // PIECE_BYTES and bool(chunk.ciphertext), "message")
    must((chunk.attachment, chunk.number) == (attachment, number), "opening")
    context = b"abscope attachment chunk 1" + attachment + struct.pack("<QQ", number, count)
    cipher = ChaCha20Poly1305(hkdf(person_key, attachment, b"abscope attachment key 1"))
    try:
        return cipher.decrypt(struct.pack("<Q", number) + bytes(4), chunk.ciphertext, context)
    except (InvalidTag, ValueError) as error:
        raise Refused("opening") from error


# Case numbers --------------------------------------------------------------------------------------------------------


def _rotation(value: int) -> tuple[int, bool]:
    return value % 13, value >= 13


def case_number(alias: str, epoch: Optional[bytes], position: int) -> str:
    """As people write it; `epoch` for any but the site's first."""
    letters = "".join(chr(65 + byte % 26) for byte in epoch[:2]) if epoch else ""
    turned, mirrored = 0, False
    for index, character in enumerate(f"{alias}{letters}{position}"):
        turn, mirror = _rotation(int(character) if character.isdigit() else ord(character) - 65)
        for _ in range(index):
            turn = (turn + 2) % 13 if mirror else (1 - turn) % 13
        turned, mirrored = (turned - turn if mirrored else turned + turn) % 13, mirrored != mirror
    return f"{alias}-{letters}{position}{chr(65 + turned + 13 * mirrored)}"
