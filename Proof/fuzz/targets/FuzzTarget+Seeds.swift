import CaseModel
import LogFormat
import LogStore
import Schema
import SimulatedStorage
import SyncProtocol

extension FuzzTarget {
    /// Inputs to begin with, made from whole files, entries and messages by the code of today: they follow every change of
    /// the format by themselves.
    package func seeds() throws -> [[UInt8]] {
        let template = StoreTemplate.shared
        switch self {
        case .segment:
            let own = try template.seed(template.ownRaw)
            let replica = try template.seed(template.replicaRaw)
            return [0, 1, 3, 4, 5, 7, 8, 11, 32, 36].map { [$0] + own }
                + [16, 17, 19, 20, 23, 27].map { [$0] + replica }
        case .sealed:
            let bytes = try template.seed(template.ownSealed)
            return [0, 1, 3, 4, 5, 7].map { [$0] + bytes }
        case .heads:
            let bytes = try template.seed("\(StoreTemplate.root)/HEADS")
            return [0, 1, 4, 5, 32, 33, 36, 37].map { [$0] + bytes }
        case .checkpoints:
            let bytes = try template.seed(template.replicaCheckpoints)
            return [0, 1, 4, 5, 8, 9].map { [$0] + bytes } + [[13] + bytes + bytes]
        case .text:
            let root = StoreTemplate.root
            let incident = Array("abscope incident 0\ntime 1\nkind damage\nfeed x\npositions 1 2\ntext y\n".utf8)
            let files =
                try ["FORMAT", "SITE", "site.key", "REGISTRY"].map { try template.seed("\(root)/\($0)") }
                + [incident, template.seed(template.marker)]
            return files.enumerated().flatMap { number, bytes in
                [0, 1, 4, 5].map { [UInt8(number) << 5 | $0] + bytes }
            }
        case .block:
            return try Self.blocks().flatMap { block in [0, 1, 3].map { [$0] + block } }
        case .entry:
            return try Self.entries(cases: 2).map { [0] + $0 }
        case .view:
            let entries = try Self.entries(cases: 2)
            return [1, 4, 16, entries.count].map { [0] + ViewFuzz.join(Array(entries.prefix($0))) }
        case .csv:
            let file = Array("id,age,seen,grade,left\n1,89+,2024-03-05,2,x\n2,\"5\"\"0\",,,\n".utf8)
            return [[0] + file, [1] + Array(TypedFuzz.mapping.utf8) + [0] + file]
        case .values:
            return [
                "2.00 Gy", "<10%", "89+", "６０ cGy", "20 d", "GY-1342R", "GY-QX1R", "2024-03-05", "2024-03", "2024",
                "~2024-03", "2024-03-05 14:30", "day 5", "-0.50", "{\"a\":[1,\"x\",null,true,-2.5e3]}",
            ].flatMap { text in [0, 1].map { [$0] + Array(text.utf8) } }
        case .frames:
            return []
        case .bundle:
            let bundle = BundleTemplate.shared
            var notes = SiteNotes()
            _ = notes.take(bundle.statement, number: 7, at: 1)
            return [0, 96].flatMap { mode in [[mode] + bundle.short, [mode] + bundle.whole] }
                + [[1] + bundle.frames, [3] + bundle.frames, [131] + bundle.frames]
                + [[16] + notes.encoded, [17] + notes.encoded]
        }
    }

    /// A plain block, a full one and the same compressed.
    private static func blocks() throws -> [[UInt8]] {
        var builder = BlockBuilder(after: StoreTemplate.start)
        for text in ["one", "two", "three"] { _ = try builder.append(Array(text.utf8)) }
        guard let plain = builder.finish() else { return [] }
        for number in 0..<40 { _ = try builder.append(Array("entry \(number) of a block that compresses".utf8)) }
        var deflater = Deflater()
        guard let full = builder.finish(using: &deflater) else { return [] }
        return [plain.encoded, full.encoded, plain.deflated(using: &deflater).encoded]
    }

    /// The entries of generated cases as they would be recorded one after the other in ``ViewTemplate``'s feed.
    private static func entries(cases: Int) throws -> [[UInt8]] {
        let feed = ViewTemplate.shared.feed
        guard let first = CivilDay(year: 2026, month: 1, day: 5) else { return [] }
        var generator = CaseGenerator(seed: 1, firstDay: first)
        let disk = ViewTemplate.shared.disk.killed()
        let log = try LogStore.open(
            at: StoreTemplate.root,
            in: disk.process().surroundings,
            options: StoreTemplate.options
        )
        var encoded: [[UInt8]] = []
        for _ in 0..<cases {
            var references: [EntryReference] = []
            for generated in try generator.nextCase() {
                var draft = generated.draft
                if let number = generated.caseEntry {
                    draft.caseRecord = .existing(RecordID(entry: references[number], change: 1))
                }
                if let number = generated.orderEntry {
                    draft.links[LinkField.givenOrder] = .existing(RecordID(entry: references[number]))
                }
                let entry = EntryDraft(
                    recorded: RecordedMoment(
                        milliseconds: generated.day.number * 86_400_000,
                        zoneOffsetMinutes: 480
                    ),
                    program: "fuzz",
                    changes: (generated.person.map { [$0] } ?? []) + [draft]
                )
                let bytes = try entry.encode(for: feed)
                references.append(contentsOf: try log.append([bytes], to: .records))
                encoded.append(bytes)
            }
        }
        return encoded
    }
}
