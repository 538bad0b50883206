import CaseModel
import LogFormat
import Schema
import StoreIO

/// Makes the bytes of entries for one feed, and gathers the keys they need.
struct RecordingEncoder {
    private let store: CaseStore
    private let feed: FeedID
    private let program: String
    /// Keys of persons that are new with these entries.
    private var newKeys: [PersonKey] = []

    init(_ store: CaseStore, feed: FeedID, program: String) {
        self.store = store
        self.feed = feed
        self.program = program
    }

    /// The bytes of one entry. Keys of new persons have to be kept before it is appended: ``keepKeys()``.
    ///
    /// - Parameters:
    ///   - recording: What to record.
    ///   - states: Of the records its changes amend; nil for those they create.
    ///   - alone: The entry in words, for the urgent lane.
    /// - Returns: What to append.
    /// - Throws: `RecordError`, ``CaseStoreError`` with `.keyNotHere`, `StorageError` with `.tooLarge`.
    mutating func encode(_ recording: Recording, states: [RecordState?], alone: String?) throws -> [UInt8] {
        var changes = recording.changes
        for (index, body) in recording.identity.sorted(by: { $0.key < $1.key }) where changes.indices.contains(index) {
            if let owner = recording.keys[index] {
                changes[index].sealed = try owner.key.seal(
                    body: body,
                    at: SealingPlace(
                        feed: feed,
                        record: changes[index].record ?? .inThisEntry(change: UInt32(index)),
                        person: .existing(owner.person),
                        kind: changes[index].kind
                    ),
                    nonce: store.surroundings.random.bytes(12)
                )
                continue
            }
            changes[index].sealed = try seal(body, change: index, of: changes[index], states[index])
        }
        let clock = store.surroundings.clock
        let draft = EntryDraft(
            recorded: RecordedMoment(
                milliseconds: clock.millisecondsSinceEpoch(),
                zoneOffsetMinutes: clock.zoneOffsetMinutes()
            ),
            operatorRecord: recording.operatorRecord,
            program: program,
            source: recording.source,
            changes: changes,
            alone: alone
        )
        let bytes = try draft.encode(for: feed)
        guard bytes.count <= Limits.entryBytes else {
            throw StorageError(
                .tooLarge,
                "An entry holds at most \(Limits.entryBytes) bytes and this one has \(bytes.count): shorten the texts, or"
                    + " record them in several entries."
            )
        }
        return bytes
    }

    /// Makes the keys durable. Only then may an entry that needs one be appended.
    mutating func keepKeys() throws {
        _ = try store.keys.keep(newKeys, origin: nil, isNews: false)
        newKeys = []
    }

    /// Seals identifying fields with the key of their person: the one the person has, or a new one for a new person.
    private mutating func seal(
        _ body: [UInt8],
        change index: Int,
        of change: DraftChange,
        _ state: RecordState?
    ) throws -> DraftSealedFields {
        let nonce = store.surroundings.random.bytes(12)
        var place = SealingPlace(
            feed: feed,
            record: .inThisEntry(change: UInt32(index)),
            person: .inThisEntry(change: UInt32(index)),
            kind: change.kind
        )
        var key: PersonKey?
        if case .existing(let record) = change.record {
            place.record = .existing(record)
            place.person = .existing(record)
            try store.refuseErased(record)
            let ids = state?.changes.compactMap(\.sealed?.keyID) ?? []
            for id in ids where key == nil { key = try store.keys.key(id) }
            guard key != nil || ids.isEmpty else {
                guard try store.keys.destroyed(among: ids).isEmpty else { throw CaseStore.erasedPerson }
                throw CaseStoreError(
                    .keyNotHere,
                    store.keyProblem
                        ?? "The key that opens this person's name is not at this site: amend it where the person was"
                        + " registered, or synchronise first."
                )
            }
        }
        return try (key ?? newKey()).seal(body: body, at: place, nonce: nonce)
    }

    /// For a person who is new, or was registered without a name.
    private mutating func newKey() throws -> PersonKey {
        guard let key = PersonKey(store.surroundings.random.bytes(PersonKey.lengthBytes)) else {
            throw CaseStoreError(.keys, "The random source gave too few bytes for a key.")
        }
        newKeys.append(key)
        return key
    }
}
