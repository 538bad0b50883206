import CaseModel
import LogFormat
import Schema
import Testing

/// The vectors of Protocol/vectors/records, made by a second implementation.
@Suite struct VectorTests {
    static func rows(_ name: String) throws -> [JSONValue] {
        try #require(JSONValue(parsing: ProtocolFiles.bytes("vectors/records/\(name).json")).array)
    }

    @Test func `case numbers`() throws {
        let rows = try Self.rows("case-numbers")
        #expect(rows.count == 48)
        for row in rows {
            let epoch = try row["epoch"]?.string.map { text in
                let bytes = try row.hex("epoch", text)
                return try #require(EpochID(bytes))
            }
            let number = try CaseNumber(
                alias: row.text("alias"),
                epochLetters: epoch.map(CaseNumber.letters),
                position: #require(UInt64(row.text("position")))
            )
            #expect(try String(describing: number) == row.text("text"))
            #expect(try CaseNumber(parsing: row.text("text")) == number)
        }
    }

    @Test func `sealed bodies`() throws {
        let rows = try Self.rows("sealing")
        #expect(rows.count == 5)
        for row in rows {
            let key = try #require(PersonKey(row.bytes("key")))
            let feed = try #require(row["feed"])
            let place = SealingPlace(
                feed: FeedID(
                    site: try #require(SiteID(feed.bytes("site"))),
                    epoch: try #require(EpochID(feed.bytes("epoch"))),
                    lane: .records
                ),
                record: try #require(row["record"]).target(),
                person: try #require(row["person"]).target(),
                kind: RecordKind(rawValue: UInt32(try row.integer("kind")))
            )
            let fields = try #require(row["fields"]?.array).compactMap { UInt32($0.canonical) }
            #expect(try key.id == row.bytes("key_id"))
            #expect(try place.context(fields: fields) == row.bytes("context"))
            let sealed = try key.seal(body: row.bytes("body"), at: place, nonce: row.bytes("nonce"))
            #expect(try sealed.ciphertext == row.bytes("ciphertext"))
            #expect(sealed.fields == fields)
            #expect(sealed.person == place.person)
            let read = SealedFields(
                person: RecordID(entry: Samples.reference(1)),
                keyID: sealed.keyID,
                nonce: sealed.nonce,
                ciphertext: sealed.ciphertext,
                fields: fields
            )
            #expect(try key.open(read, at: place) == row.bytes("body"))
        }
    }

    @Test func `entries and their references, read and written byte for byte`() throws {
        let rows = try Self.rows("entries")
        #expect(rows.count == 5)
        for row in rows {
            let container = try #require(row["container"]).entry()
            let bytes = try row.bytes("bytes")
            let entry = try RecordEntry(decoding: bytes, at: container)
            #expect(entry.context.program == "vectors 0")
            let expected = try #require(row["changes"]?.array)
            #expect(entry.changes.count == expected.count)
            for (change, row) in zip(entry.changes, expected) {
                #expect(change.problem == nil)
                #expect(try change.kind.rawValue == UInt32(row.integer("kind")))
                #expect(try change.record == row["record"]?.record(in: container) ?? change.id)
                #expect(try change.caseRecord == row["case"]?.record(in: container))
                #expect(try change.parents == (row["parents"]?.array ?? []).map { try $0.entry() })
                #expect(change.isWhole == (row["whole"] == .bool(true)))
                for link in row["links"]?.array ?? [] {
                    let pair = try #require(link.array)
                    let content = FieldContent.link(try pair[1].record(in: container))
                    #expect(change.fields.contains { String($0.field) == pair[0].canonical && $0.content == content })
                }
            }
            #expect(try draft(of: entry, bytes: bytes).encode(for: container.feed) == bytes)
        }
    }

    /// The draft that would have made an entry.
    private func draft(of entry: RecordEntry, bytes: [UInt8]) throws -> EntryDraft {
        func target(_ record: RecordID) -> RecordTarget {
            record.entry == entry.context.reference ? .inThisEntry(change: record.change) : .existing(record)
        }
        return EntryDraft(
            recorded: entry.context.recorded,
            operatorRecord: entry.context.operatorRecord.map(target),
            program: entry.context.program,
            changes: entry.changes.map { change in
                var draft = DraftChange(kind: change.kind, isWhole: change.isWhole)
                draft.caseRecord = change.caseRecord.map(target)
                draft.record = change.action == .create ? nil : target(change.record)
                draft.parents = change.parents
                draft.action = change.action
                draft.reason = change.reason
                for field in change.fields {
                    switch field.content {
                    case .bytes(let bytes): draft.body += bytes
                    case .link(let record): draft.links[field.field] = target(record)
                    case .absent(let reason): draft.absences[field.field] = reason
                    case .sealed: Issue.record("the vectors hold no sealed field here")
                    }
                }
                return draft
            },
            alone: entry.context.alone
        )
    }

    @Test func `merging`() throws {
        let rows = try Self.rows("merges")
        #expect(rows.count == 120)
        var conflicts = 0
        var pending = 0
        for row in rows {
            let root = RecordID(entry: Samples.reference(try row.integer("record")))
            let changes = try #require(row["changes"]?.members).map { member -> RecordChange in
                let change = member.value
                let position = try #require(UInt64(member.name))
                let action = try change.text("action")
                let isRoot = position == root.entry.position
                var sample = Samples.change(
                    at: Samples.reference(position),
                    of: isRoot ? nil : root,
                    parents: try (change["parents"]?.array ?? []).map {
                        Samples.reference(try #require(UInt64($0.canonical)))
                    },
                    action: action == "create" ? .create : action == "amend" ? .amend : .retract,
                    whole: change["whole"] == .bool(true)
                )
                sample.fields = try (change["fields"]?.members ?? []).map { field in
                    FieldChange(
                        field: try #require(UInt32(field.name)),
                        content: .bytes(try field.value.hex(field.name, #require(field.value.string)))
                    )
                }
                .sorted { $0.field < $1.field }
                return sample
            }
            let state = try Samples.state(changes, of: root)
            let expected = try #require(row["state"])
            #expect(try String(describing: state.standing) == expected.text("standing"))
            #expect(state.heads.map { String($0.entry.position) } == expected["heads"]?.array?.map(\.canonical))
            let waiting = state.pending.map { item in
                "[\(item.change.entry.position),[\(item.missing.map { String($0.position) }.joined(separator: ","))]]"
            }
            #expect(waiting == expected["pending"]?.array?.map(\.canonical))
            pending += waiting.count
            let fields = try #require(expected["fields"]?.members)
            #expect(state.fields.map { String($0.field) }.sorted() == fields.map(\.name).sorted())
            for field in fields {
                let number = try #require(UInt32(field.name))
                let found = try #require(state[number])
                let candidates = found.candidates.map { candidate in
                    let content =
                        if case .bytes(let bytes) = candidate.content { bytes.hexadecimal } else { "absent" }
                    let by = candidate.changes.map { String($0.entry.position) }.joined(separator: ",")
                    return "[\"\(content)\",[\(by)]]"
                }
                #expect(candidates.sorted() == field.value["candidates"]?.array?.map(\.canonical))
                #expect(found.isPending == (field.value["pending"] == .bool(true)))
                if found.isConflict { conflicts += 1 }
            }
        }
        #expect(conflicts > 20 && pending > 20, "the vectors must hold what they are for")
    }
}

extension JSONValue {
    func text(_ name: String) throws -> String { try #require(self[name]?.string) }

    func integer(_ name: String) throws -> UInt64 {
        let text = try #require(self[name]).canonical
        return try #require(UInt64(text))
    }

    func hex(_ name: String, _ text: String) throws -> [UInt8] { try #require(Array(hexadecimal: text), "\(name)") }

    func bytes(_ name: String) throws -> [UInt8] { try hex(name, text(name)) }

    /// An entry as the vectors name one.
    func entry() throws -> EntryReference {
        let lane = try #require(Lane(rawValue: UInt8(try integer("lane"))))
        return EntryReference(
            feed: FeedID(
                site: try #require(SiteID(bytes("site"))),
                epoch: try #require(EpochID(bytes("epoch"))),
                lane: lane
            ),
            position: try integer("position"),
            digestPrefix: try #require(UInt64(text("digest_prefix"), radix: 16))
        )
    }

    func target() throws -> RecordTarget {
        let change = UInt32(try integer("change"))
        guard let entry = self["entry"], entry != .null else { return .inThisEntry(change: change) }
        return .existing(RecordID(entry: try entry.entry(), change: change))
    }

    func record(in container: EntryReference) throws -> RecordID {
        let entry = self["entry"].flatMap { $0 == .null ? nil : $0 }
        return RecordID(entry: try entry?.entry() ?? container, change: UInt32(try integer("change")))
    }
}
