import CaseModel
import LogFormat
import Schema

/// The entries every measure is made on, the same from the same seed.
enum Corpus {
    /// Realistic records: people, cases, results, courses, fractions and events, with references that resolve.
    ///
    /// - Parameters:
    ///   - count: How many entries; the last case may be incomplete.
    ///   - feed: The feed they will stand in.
    ///   - head: Where that feed ends before them.
    ///   - seed: Another one gives other records of the same kind.
    /// - Returns: The entries, in order.
    /// - Throws: What encoding an entry throws.
    static func records(
        _ count: Int,
        for feed: FeedID,
        after head: FeedHead,
        seed: UInt64 = 7
    ) throws -> [[UInt8]] {
        guard let firstDay = CivilDay(year: 2026, month: 1, day: 5) else { throw BenchmarkError("no such day") }
        var generator = CaseGenerator(seed: seed, firstDay: firstDay)
        var chain = FeedChain(continuing: head)
        var key = SplitKey(seed: seed)
        var entries: [[UInt8]] = []
        entries.reserveCapacity(count)
        while entries.count < count {
            var made: [EntryReference] = []
            for generated in try generator.nextCase() {
                var changes = [generated.draft]
                if var person = generated.person {
                    if let secret = PersonKey(key.bytes(32)), !generated.identifying.isEmpty {
                        person.sealed = try secret.seal(
                            body: generated.identifying,
                            at: SealingPlace(
                                feed: feed,
                                record: .inThisEntry(change: 0),
                                person: .inThisEntry(change: 0),
                                kind: .person
                            ),
                            nonce: key.bytes(12)
                        )
                    }
                    changes.insert(person, at: 0)
                }
                for index in changes.indices where generated.person == nil {
                    if let caseEntry = generated.caseEntry {
                        // The case is the second change of its entry, after the person.
                        changes[index].caseRecord = .existing(RecordID(entry: made[caseEntry], change: 1))
                    }
                    if let order = generated.orderEntry {
                        changes[index].links[LinkField.givenOrder] = .existing(RecordID(entry: made[order]))
                    }
                }
                let draft = EntryDraft(
                    recorded: RecordedMoment(
                        milliseconds: generated.day.number * 86_400_000 + 32_400_000,
                        zoneOffsetMinutes: 480
                    ),
                    program: "abscope 0.1.0",
                    changes: changes
                )
                let bytes = try draft.encode(for: feed)
                let digest = chain.append(bytes)
                made.append(
                    EntryReference(feed: feed, position: chain.head.position, digestPrefix: digest.prefix)
                )
                entries.append(bytes)
                if entries.count == count { return entries }
            }
        }
        return entries
    }

    /// Entries one behind the other, each with its length in 4 bytes before it, as they lie in a block.
    static func framed(_ entries: some Collection<[UInt8]>) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(entries.reduce(0) { $0 + 4 + $1.count })
        for entry in entries {
            for index in 0..<4 { bytes.append(UInt8(truncatingIfNeeded: entry.count >> (8 * index))) }
            bytes.append(contentsOf: entry)
        }
        return bytes
    }

    /// Entries of 200 bytes that compress about as records do.
    static func plain(_ count: Int) -> [[UInt8]] {
        var key = SplitKey(seed: 11)
        let words = Array(
            "fraction given PTV 2.00 Gy IMRT course of thirty grade two pneumonitis no action taken osimertinib durvalumab "
                .utf8
        )
        return (0..<count).map { number in
            var bytes = Array("entry \(number) ".utf8) + key.bytes(24)
            var next = number % words.count
            while bytes.count < 200 {
                bytes.append(words[next])
                next = (next + 1) % words.count
            }
            return bytes
        }
    }

    /// SplitMix64 (Steele, Lea, Flood 2014): small, seeded, good enough to fill test data.
    private struct SplitKey {
        private var state: UInt64
        init(seed: UInt64) { state = seed }

        mutating func bytes(_ count: Int) -> [UInt8] {
            (0..<count).map { _ in
                state &+= 0x9E37_79B9_7F4A_7C15
                var mixed = state
                mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
                mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
                return UInt8(truncatingIfNeeded: mixed ^ (mixed >> 31))
            }
        }
    }
}
