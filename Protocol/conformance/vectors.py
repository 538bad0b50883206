"""Every vector of ../vectors, read by this peer's own code."""
from __future__ import annotations

import hashlib
import json
import pathlib
import struct
from typing import Any, Callable

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

import bundle
import enrolment
import log_format as log
import messages
import records
import roster
import wire
from log_format import Block, FeedID, Head, Refused


class Differs(Exception):
    """This peer and a vector do not agree."""


def agree(what: str, ours: Any, theirs: Any) -> None:
    if ours != theirs:
        raise Differs(f"{what}: {str(ours)[:200]} is not {str(theirs)[:200]}")


def refused(what: str, action: Callable[[], Any]) -> Exception:
    try:
        action()
    except (Refused, wire.Violation) as error:
        return error
    raise Differs(f"{what} was taken")


def unhex(row: Any) -> Any:
    """Strings of hexadecimal digits as bytes, in lists too."""
    return [unhex(one) for one in row] if isinstance(row, list) else bytes.fromhex(row)


def head(row: dict[str, Any], position: str, digest: str) -> Head:
    return Head(row[position], unhex(row[digest]))


# log/ ----------------------------------------------------------------------------------------------------------------


def chain(row: Any) -> int:
    key, digest = log.public_bytes(Ed25519PrivateKey.from_private_bytes(unhex(row["seed"]))), b""
    agree("key", key, unhex(row["key"]))
    agree("site", log.site_of(key), unhex(row["site"]))
    digest = log.feed_start(key, unhex(row["epoch"]), row["lane"])
    agree("h(0)", digest, unhex(row["start"]))
    for one in row["entries"]:
        digest = log.digest_after(digest, unhex(one["entry"]))
        agree("h(n)", digest, unhex(one["digest"]))
    return 1 + len(row["entries"])


def blocks(rows: Any) -> int:
    for row in rows:
        block, entries = Block.decode(unhex(row["encoded"])), unhex(row["entries"])
        agree(row["name"], block.proven(unhex(row["afterDigest"])), entries)
        agree(row["name"], (block.first, block.digest), (row["after"] + 1, unhex(row["digest"])))
        again = Block.encode(block.first, entries, unhex(row["afterDigest"]), block.deflated, block.dictionary)
        if block.deflated:  # Another deflate may pack otherwise; it has to say the same.
            agree(row["name"], Block.decode(again).proven(unhex(row["afterDigest"])), entries)
        else:
            agree(row["name"], again, unhex(row["encoded"]))
    return len(rows)


def refused_blocks(rows: Any) -> int:
    for row in rows:
        refused(row["name"], lambda: Block.decode_all(unhex(row["encoded"])))
    return len(rows)


def refused_contents(rows: Any) -> int:
    feed = json.loads((FOLDER / "log/chain.json").read_text())
    for row in rows:
        block = Block.decode(unhex(row["encoded"]))
        refused(row["name"], lambda: block.proven(unhex(feed["start"])))
    return len(rows)


def segment(row: Any) -> int:
    entries, whole = unhex(row["entries"]), Head(len(row["entries"]), unhex(row["digest"]))
    raw, sealed, successor = (unhex(row[name]) for name in ("raw", "sealed", "successor"))
    agree("raw", log.raw_segment(raw), (entries, whole, row["rawEnd"]))
    agree("sealed", log.sealed_segment(sealed), (entries, whole, row["rawEnd"]))
    ends = Head(row["unfinishedPosition"], unhex(row["unfinishedDigest"]))
    agree("unfinished", log.raw_segment(unhex(row["unfinished"])), (entries[:ends.position], ends, row["unfinishedEnd"]))
    header, next_one = log.SegmentHeader.decode(raw), log.SegmentHeader.decode(successor)
    feed = FeedID(unhex(row["site"]), unhex(row["epoch"]), row["lane"])
    agree("header", (header.feed, header.key, header.created, header.salt),
          (feed, unhex(row["key"]), row["created"], struct.pack("<Q", int(row["salt"], 16))))
    agree("successor", (next_one.before, next_one.predecessor), (whole, (1, row["rawEnd"])))
    return 4


def heads(row: Any) -> int:
    boot = hashlib.sha256(row["boot"].encode()).digest()[:16]
    agree("header", log.heads_header(unhex(row["header"])), (row["feedCount"], boot, row["changeCounter"]))
    feed = FeedID(unhex(row["site"]), unhex(row["epoch"]), row["lane"])
    for one in row["slots"]:
        said = log.Slot(feed, one["branch"], one["generation"], one["segment"], one["written"], one["durable"],
                        head(one, "stored", "storedDigest"), head(one, "attested", "attestedDigest"),
                        one["poisoned"], one["damaged"])
        agree("slot", log.Slot.decode(unhex(one["encoded"]), one["index"]), said)
        refused("a slot in another place", lambda: log.Slot.decode(unhex(one["encoded"]), one["index"] + 1))
    return 1 + len(row["slots"])


def checkpoint(row: Any) -> int:
    agree("registry", hashlib.sha256(unhex(row["foundingEntry"])).digest(), unhex(row["registry"]))
    feed = FeedID(unhex(row["site"]), unhex(row["epoch"]), row["lane"])
    said = (unhex(row["registry"]), feed, head(row, "position", "digest"))
    agree("checkpoint", log.decode_checkpoint(unhex(row["encoded"]), unhex(row["key"])), said)
    signature = Ed25519PrivateKey.from_private_bytes(unhex(row["seed"])).sign(log.checkpoint_text(*said))
    agree("signature", signature, unhex(row["encoded"])[104:168])
    return 1


def frontier(row: Any) -> int:
    held = {FeedID(unhex(one["site"]), unhex(one["epoch"]), one["lane"]): head(one, "position", "digest")
            for one in row["rows"]}
    agree("frontier", log.frontier(held), unhex(row["digest"]))
    agree("empty frontier", log.frontier({}), unhex(row["empty"]))
    return 2


# wire/ ---------------------------------------------------------------------------------------------------------------


def frames(rows: Any) -> int:
    for row in rows:
        (kind, payload), = wire.Frames().add(unhex(row["frame"]))
        agree(row["name"], wire.NAMES[kind], row["name"].split()[0])
        agree(row["name"], wire.encoded(kind, wire.parsed(kind, payload)), unhex(row["frame"]))
        if kind == wire.HAVE and (message := wire.parsed(kind, payload)).full:
            agree(row["name"], wire.vector_digest(dict(wire.rows_of(message))), message.frontier)
    return len(rows)


def data(rows: Any) -> int:
    for row in rows:
        (kind, payload), = wire.Frames().add(unhex(row["frame"]))
        message = wire.parsed(kind, payload)
        entries, digest = [], unhex(row["afterDigest"])
        for block in message.blocks:
            entries += block.proven(digest)
            digest = block.digest
        key, epoch = unhex(row["key"]), unhex(row["epoch"])
        feed, after = FeedID(log.site_of(key), epoch, row["lane"]), head(row, "after", "afterDigest")
        agree(row["name"], (entries, digest), (unhex(row["entries"]), unhex(row["digest"])))
        agree(row["name"], (wire.feed_of(message.header.feed), message.header.after), (feed, row["after"]))
        again = wire.encoded_data(feed, after, b"".join(block.encoded for block in message.blocks), row["pushed"])
        agree(row["name"], again, unhex(row["frame"]))
    return len(rows)


def refused_frames(table: Any) -> int:
    key, registry = unhex(table["key"]), unhex(table["registry"])
    lines = json.loads((FOLDER / "wire/data.json").read_text())
    starts = {row["after"]: unhex(row["afterDigest"]) for row in lines}

    def place(encoded: bytes) -> str:
        """Where this peer refuses a frame."""
        try:
            reader = wire.Frames()
            found = list(reader.add(encoded))
            if not found:
                return "waits" if reader.waiting else "skipped"
            message = wire.parsed(*found[0])
        except wire.Violation as error:
            return error.where
        if found[0][0] == wire.DATA:
            try:
                message.blocks[0].proven(starts[message.header.after])
            except Refused:
                return "content"
        if found[0][0] == wire.CHECKPOINT:
            text = log.checkpoint_text(registry, wire.feed_of(message.feed), Head(message.position, message.digest))
            if not log.holds(key, message.signature, text):
                return "signature"
        return "taken"

    for row in table["rows"]:
        agree(row["name"], place(unhex(row["frame"])), row["where"])
    agree("a checkpoint that holds", place(unhex(table["checkpoint"])), "taken")
    return 1 + len(table["rows"])


def texts(table: Any) -> int:
    row, request = table["request"], enrolment.read_request(table["request"]["text"])
    agree("request", (request.signing_key, request.agreement_key, request.agreement_signature, request.alias, request.role,
                      list(request.addresses)),
          (unhex(row["signingKey"]), unhex(row["agreementKey"]), unhex(row["agreementSignature"]), row["alias"],
           row["role"], row["addresses"]))
    agree("fingerprint", enrolment.fingerprint(request.signing_key, request.agreement_key), row["fingerprint"])
    row, invitation = table["invitation"], enrolment.read_invitation(table["invitation"]["text"])
    agree("invitation", (invitation.registry, invitation.admitted_site, invitation.dial_key, list(invitation.addresses),
                         invitation.founding_entry),
          (unhex(row["registry"]), unhex(row["site"]), unhex(row["dialKey"]), row["addresses"], unhex(row["foundingEntry"])))
    readers = {"request": enrolment.read_request, "invitation": enrolment.read_invitation}
    for one in table["refused"]:
        refused(one["name"], lambda: readers[one["kind"]](one["text"]))
    return 2 + len(table["refused"])


def control(table: Any) -> int:
    for row in table["messages"]:
        kind = messages.wire.ControlReply if row["name"].startswith("reply") else messages.wire.ControlRequest
        encoded = unhex(row["bytes"])
        agree(row["name"], struct.unpack_from("<I", encoded)[0], len(encoded) - 4)
        again = kind.FromString(encoded[4:]).SerializeToString(deterministic=True)
        agree(row["name"], again, encoded[4:])
        if kind == messages.wire.ControlRequest:
            agree(row["name"], wire.control_request(encoded), kind.FromString(encoded[4:]))
    for row in table["refused"]:
        if row["error"] == "waits":
            agree(row["name"], wire.control_request(unhex(row["bytes"])), None)
        else:
            refused(row["name"], lambda: wire.control_request(unhex(row["bytes"])))
    return len(table["messages"]) + len(table["refused"])


# bundle/ -------------------------------------------------------------------------------------------------------------


def bundles(table: Any) -> int:
    registry, site = unhex(table["registry"]), unhex(table["site"])
    key, stage = X25519PrivateKey.from_private_bytes(unhex(table["agreementKey"])), [""]

    def read(encoded: bytes) -> bundle.Contents:
        stage[0] = "header"
        envelope = bundle.Envelope.decode(encoded)
        log.must(envelope.registry == registry, "another registry")
        stage[0] = "signature"
        envelope.check_signature(unhex(table["senderKey"]))
        stage[0] = "secret"
        secret = envelope.secret(site, key)
        stage[0] = "content"
        contents = bundle.opened(encoded, envelope, secret)
        log.must(contents.problem is None, str(contents.problem))
        return contents

    feed = FeedID(log.site_of(unhex(table["senderKey"])), unhex(table["epoch"]), table["held"]["lane"])
    held = {feed: wire.Row(table["held"]["position"], unhex(table["held"]["digest"]), table["held"]["bytes"])}
    for row in table["taken"]:
        contents = read(unhex(row["bundle"]))
        agree(row["name"], [raw for _, _, raw in contents.frames], unhex(row["frames"]))
        agree(row["name"], contents.held, held)
    for row in table["refused"]:
        refused(row["name"], lambda: read(unhex(row["bundle"])))
        agree(row["name"], stage[0], row["where"])
    return len(table["taken"]) + len(table["refused"])


# roster/ -------------------------------------------------------------------------------------------------------------


def rosters(rows: Any) -> int:
    for row in rows:
        places = [roster.Place(FeedID(unhex(one["site"]), unhex(one["epoch"]), 0), one["position"], unhex(one["entry"]),
                               unhex(one.get("before", "")), unhex(one.get("after", ""))) for one in row["entries"]]
        found = roster.roster(unhex(row["founding"]), places)
        agree(row["name"], [_member(site, member) for site, member in sorted(found.members.items())], row["members"])
        agree(row["name"], found.administrator, unhex(row["administrator"]))
        for one in row["given"]:
            feed = FeedID(unhex(one["site"]), bytes(8), one["lane"])
            agree(row["name"], found.is_given(unhex(one["reader"]), feed), one["isGiven"])
    return len(rows)


def _member(site: bytes, member: roster.Member) -> dict[str, Any]:
    cut_offs = None if member.cut_offs is None else [
        {"epoch": epoch.hex(), "lane": lane, "position": end.position, "digest": end.digest.hex()}
        for (epoch, lane), end in sorted(member.cut_offs.items())]
    return {"site": site.hex(), "alias": member.alias, "role": member.role, "addresses": member.addresses,
            "reads": [one.hex() for one in member.reads], "cutOffs": cut_offs}


# records/ ------------------------------------------------------------------------------------------------------------


def _feed(row: Any) -> FeedID:
    return FeedID(unhex(row["site"]), unhex(row["epoch"]), row["lane"])


def _entry_name(row: Any) -> records.EntryName:
    return records.EntryName(_feed(row), row["position"], unhex(row["digest_prefix"]))


def _record_name(row: Any) -> records.RecordName:
    return records.RecordName(_entry_name(row["entry"]) if row["entry"] else None, row["change"])


def entries(rows: Any) -> int:
    actions = {"create": records.CREATE, "amend": records.AMEND, "retract": records.RETRACT}
    for row in rows:
        entry, carrier = records.decoded_entry(unhex(row["bytes"])), _feed(row["container"])
        agree(row["name"], len(entry.changes), len(row["changes"]))
        for change, said in zip(entry.changes, row["changes"]):
            agree(row["name"], (change.kind, change.action, change.body, change.reason, change.whole),
                  (said["kind"], actions[said["action"]], unhex(said.get("body", "")), said.get("reason", ""),
                   said.get("whole", False)))
            for name, field in (("record", change.record), ("case", change.case_record)):
                present = change.HasField("record" if name == "record" else "case_record")
                agree(row["name"], records.resolved_record(field, carrier) if present else None,
                      _record_name(said[name]) if name in said else None)
            agree(row["name"], [records.resolved(one, carrier) for one in change.parents],
                  [_entry_name(one) for one in said.get("parents", [])])
            agree(row["name"], [[one.field, one.reason] for one in change.absences], said.get("absences", []))
            agree(row["name"], [(one.field, records.resolved_record(one.record, carrier)) for one in change.links],
                  [(number, _record_name(target)) for number, target in said.get("links", [])])
    return len(rows)


def merges(rows: Any) -> int:
    for index, row in enumerate(rows):
        changes = {int(key): records.Change(one["parents"], one["action"],
                                            {int(number): value for number, value in one["fields"].items()}, one["whole"])
                   for key, one in row["changes"].items()}
        state, said = records.merged(row["record"], changes), row["state"]
        name = f"merge {index}"
        agree(name, (state.standing, state.heads), (said["standing"], said["heads"]))
        agree(name, [[key, missing] for key, missing in state.pending], said["pending"])
        agree(name, {str(number): {"candidates": sorted([value, sorted(keys)] for value, keys in found.items()),
                                   "pending": number in state.unknown} for number, found in state.candidates.items()},
              said["fields"])
    return len(rows)


def sealing(rows: Any) -> int:
    for row in rows:
        key, nonce, body = unhex(row["key"]), unhex(row["nonce"]), unhex(row["body"])
        context = records.sealing_context(_feed(row["feed"]), _record_name(row["record"]), _record_name(row["person"]),
                                          row["kind"], row["fields"])
        agree("context", context, unhex(row["context"]))
        agree("name of the key", records.key_name(key), unhex(row["key_id"]))
        agree("ciphertext", records.sealed(key, nonce, body, context), unhex(row["ciphertext"]))
        agree("body", records.unsealed(key, nonce, unhex(row["ciphertext"]), context), body)
    return len(rows)


def case_numbers(rows: Any) -> int:
    for row in rows:
        epoch = unhex(row["epoch"]) if row["epoch"] else None
        agree("case number", records.case_number(row["alias"], epoch, int(row["position"])), row["text"])
    return len(rows)


def attachments(table: Any) -> int:
    for row in table["files"]:
        key, attachment = unhex(row["key"]), unhex(row["attachment"])
        plain = b"".join(records.piece(unhex(one), key, attachment, number, len(row["entries"]))
                         for number, one in enumerate(row["entries"]))
        expected = bytes((31 * n + n // records.PIECE_BYTES) % 256 for n in range(row["length"]))
        agree(row["name"], plain, expected)
        digest = hashlib.sha256(plain).digest()
        agree(row["name"], records.attachment_of(key, digest), attachment)
        body = messages.record.DocumentBody.FromString(unhex(row["document"]))
        agree(row["name"], (body.content.name, body.content.sha256, body.file.attachment, body.file.length_bytes,
                            body.file.chunks), (row["name"], digest, attachment, row["length"], len(row["entries"])))
    for row in table["refused"]:
        error = refused(row["name"], lambda: records.piece(
            unhex(row["entry"]), unhex(row["key"]), unhex(row["attachment"]), row["number"], row["chunks"]))
        agree(row["name"], str(error), row["where"])
    return len(table["files"]) + len(table["refused"])


FOLDER = messages.PROTOCOL / "vectors"
CHECKS: dict[str, Callable[[Any], int]] = {
    "log/blocks.json": blocks, "log/chain.json": chain, "log/checkpoint.json": checkpoint, "log/frontier.json": frontier,
    "log/heads.json": heads, "log/refused-blocks.json": refused_blocks, "log/refused-contents.json": refused_contents,
    "log/segment.json": segment, "wire/frames.json": frames, "wire/data.json": data, "wire/refused.json": refused_frames,
    "wire/texts.json": texts, "wire/control.json": control, "bundle/bundles.json": bundles,
    "roster/rosters.json": rosters,
    "records/entries.json": entries, "records/merges.json": merges, "records/sealing.json": sealing,
    "records/case-numbers.json": case_numbers, "records/attachments.json": attachments,
}


def check(folder: pathlib.Path = FOLDER) -> int:
    """Checks all vectors and gives their number. A file without a check is a mistake here."""
    found = {str(path.relative_to(folder)) for path in folder.glob("*/*.json")}
    agree("files of vectors", sorted(CHECKS), sorted(found))
    total = 0
    for name, one in CHECKS.items():
        try:
            total += one(json.loads((folder / name).read_text(encoding="utf-8")))
        except (Differs, Refused, wire.Violation, ValueError, KeyError) as error:
            raise Differs(f"{name}: {error}") from error
    return total
