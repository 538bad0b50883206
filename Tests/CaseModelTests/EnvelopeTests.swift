import CaseModel
import LogFormat
import Schema
import TestSupport
import Testing

@Suite struct EnvelopeTests {
    let feed = Samples.feed(1, epoch: 4)

    @Test func `references are written short and come back whole, from every kind of place`() throws {
        let others = [
            Samples.feed(1, epoch: 4), Samples.feed(1, epoch: 5), Samples.feed(2, epoch: 4),
            Samples.feed(1, epoch: 4, lane: .urgent), Samples.feed(9, epoch: 9, lane: .urgent),
        ]
        let container = Samples.reference(50, in: feed)
        for other in others {
            let record = RecordID(entry: Samples.reference(7, in: other), change: 3)
            let amendment = DraftChange(
                kind: .case,
                caseRecord: nil,
                record: .existing(record),
                parents: [record.entry],
                action: .amend,
                links: [1: .existing(record)],
                reason: "why",
                performer: DraftPerformer(operatorRecord: .existing(record))
            )
            let draft = EntryDraft(
                recorded: Samples.moment(Samples.day(2026, 3, 2)),
                operatorRecord: .existing(record),
                program: "test",
                changes: [amendment],
                alone: "words"
            )
            let entry = try RecordEntry(decoding: draft.encode(for: feed), at: container)
            #expect(entry.context.operatorRecord == record)
            #expect(entry.context.alone == "words")
            #expect(entry.changes[0].record == record)
            #expect(entry.changes[0].parents == [record.entry])
            #expect(entry.changes[0].fields == [FieldChange(field: 1, content: .link(record))])
            #expect(entry.changes[0].performer?.operatorRecord == record)
            #expect(entry.changes[0].problem == nil)
        }
        let near = DraftChange(kind: .case, record: .existing(RecordID(entry: container)), action: .amend, reason: "w")
        let far = DraftChange(
            kind: .case,
            record: .existing(RecordID(entry: Samples.reference(50, in: others[4]))),
            action: .amend,
            reason: "w"
        )
        let lengths = try [near, far].map { change in
            try EntryDraft(recorded: Samples.moment(Samples.day(2026, 3, 2)), program: "t", changes: [change])
                .encode(for: feed).count
        }
        #expect(lengths[1] == lengths[0] + 30, "16 bytes of site, 8 of epoch, lane and tags")
    }

    @Test func `a person, their case and a result made together name each other inside the entry`() throws {
        let changes = [
            DraftChange(kind: .person),
            DraftChange(kind: .case, links: [1: .inThisEntry(change: 0)]),
            DraftChange(kind: .result, caseRecord: .inThisEntry(change: 1)),
        ]
        let reference = Samples.reference(12, in: feed)
        let written = try Samples.written(changes, at: reference)
        #expect(written[1].fields == [FieldChange(field: 1, content: .link(written[0].id))])
        #expect(written[2].caseRecord == written[1].id)
        #expect(written.map(\.record) == written.map(\.id))
    }

    @Test func `a draft that breaks the envelope's rules is refused before it is written`() throws {
        let record = RecordTarget.existing(RecordID(entry: Samples.reference(1)))
        let wrong: [[DraftChange]] = [
            [],
            [DraftChange(kind: .case), DraftChange(kind: .case)],
            [DraftChange(kind: .result, record: record, action: .amend)],
            [DraftChange(kind: .result, record: record, action: .create, reason: "w")],
            [DraftChange(kind: .result, action: .amend, reason: "w")],
            [DraftChange(kind: .result, caseRecord: .inThisEntry(change: 0))],
            [DraftChange(kind: .result, caseRecord: .inThisEntry(change: 5))],
            [DraftChange(kind: .result, body: [0x08, 1], absences: [1: .unknown])],
            [DraftChange(kind: .result, body: [0x08])],
            [DraftChange(kind: .person, body: [0x0A, 3, 0x0A, 1, 0x61])],
            [DraftChange(kind: .case, body: [0x0A, 0])],
            [
                DraftChange(
                    kind: .result,
                    record: record,
                    parents: (1...17).map { Samples.reference($0) },
                    action: .amend,
                    reason: "w"
                )
            ],
        ]
        for changes in wrong {
            let draft = EntryDraft(recorded: Samples.moment(Samples.day(2026, 3, 2)), program: "t", changes: changes)
            #expect(throws: RecordError.self) { try draft.encode(for: feed) }
        }
    }

    @Test func `identifying fields open with their key only, and merge by number without it`() throws {
        let key = try #require(PersonKey(Array(repeating: 7, count: 32)))
        let other = try #require(PersonKey(Array(repeating: 8, count: 32)))
        var body = PersonBody()
        body.name = Text("王秀英", language: "zh")
        let sealed = try key.seal(
            body: body.encodedBytes(),
            at: Self.place(),
            nonce: Array(0..<12)
        )
        var clear = PersonBody()
        clear.birthYear = 1951
        let written = try Samples.written([.create(.person, clear, sealed: sealed)], at: Samples.reference(1))
        let state = try Samples.state(written, of: written[0].id)
        #expect(state[1]?.candidates.first?.isIdentifying == true)
        #expect(!state.displayedBody(PersonBody.self).body.hasName)
        #expect(state.settledBody(PersonBody.self).body.birthYear == 1951)
        #expect(written[0].sealed?.person == written[0].id)

        let opened = try Samples.state([written[0].opened(with: key)], of: written[0].id)
        #expect(opened.settledBody(PersonBody.self).body.name.value == "王秀英")
        #expect(opened[1]?.candidates.first?.isIdentifying == true)
        #expect(throws: RecordError.self) { try written[0].opened(with: other) }
        var altered = written[0]
        altered.sealed?.ciphertext[0] ^= 1
        #expect(throws: RecordError.self) { try altered.opened(with: key) }
        altered = written[0]
        altered.kind = .case
        #expect(throws: RecordError.self) { try altered.opened(with: key) }
    }

    static func place(
        _ person: RecordTarget = .inThisEntry(change: 0),
        in feed: FeedID = Samples.feed()
    ) -> SealingPlace {
        SealingPlace(feed: feed, record: person, person: person, kind: .person)
    }

    @Test func `what is sealed opens in its place only: feed, record, person, kind and fields are bound`() throws {
        let key = try #require(PersonKey(Array(repeating: 7, count: 32)))
        let feeds = [
            Samples.feed(), Samples.feed(2), Samples.feed(epoch: 2), Samples.feed(lane: .urgent),
        ]
        let entries = feeds.map { Samples.reference(3, in: $0) } + [Samples.reference(4)]
        var moved = Samples.reference(3)
        moved.digestPrefix ^= 1
        let targets: [RecordTarget] =
            [.inThisEntry(change: 0), .inThisEntry(change: 1)]
            + (entries + [moved]).flatMap { entry in
                (0...1).map { .existing(RecordID(entry: entry, change: UInt32($0))) }
            }
        var places: [SealingPlace] = []
        for feed in feeds {
            for record in targets {
                for person in targets {
                    for kind in [RecordKind.person, .case] {
                        places.append(SealingPlace(feed: feed, record: record, person: person, kind: kind))
                    }
                }
            }
        }
        #expect(places.count == 4 * 14 * 14 * 2)
        #expect(Set(places.map { $0.context(fields: [1]) }).count == places.count)
        // Opening tells apart what the context tells apart; each place against the first and the one before it.
        let body: [UInt8] = [0x0A, 0]
        for (index, place) in places.enumerated() {
            let sealed = try key.seal(body: body, at: place, nonce: Array(0..<12))
            var read = SealedFields(
                person: RecordID(entry: Samples.reference(1)),
                keyID: key.id,
                nonce: sealed.nonce,
                ciphertext: sealed.ciphertext,
                fields: [1]
            )
            #expect(try key.open(read, at: place) == body)
            for other in [places[0], places[max(0, index - 1)]] where other != place {
                #expect(throws: RecordError.self) { try key.open(read, at: other) }
            }
            read.fields = [2]
            #expect(throws: RecordError.self) { try key.open(read, at: place) }
        }
    }

    @Test func `a sealed body that another site copies under another person stays closed`() throws {
        let key = try #require(PersonKey(Array(repeating: 7, count: 32)))
        var body = PersonBody()
        body.name = Text("王秀英", language: "zh")
        let victim = try Samples.written(
            [
                .create(
                    .person,
                    PersonBody(),
                    sealed: key.seal(
                        body: body.encodedBytes(),
                        at: Self.place(),
                        nonce: Array(0..<12)
                    )
                )
            ],
            at: Samples.reference(1)
        )
        let sealed = try #require(victim[0].sealed)
        #expect(try victim[0].opened(with: key) != victim[0])
        let stranger = try Samples.written([DraftChange(kind: .person, body: [0x38, 10])], at: Samples.reference(9))
        func copied(_ person: RecordTarget) -> DraftSealedFields {
            DraftSealedFields(
                person: person,
                keyID: sealed.keyID,
                nonce: sealed.nonce,
                ciphertext: sealed.ciphertext,
                fields: sealed.fields
            )
        }
        let base = try Samples.state(stranger, of: stranger[0].id)
        let thief = Samples.reference(1, in: Samples.feed(66))
        let moved = [
            try Samples.written([.create(.person, PersonBody(), sealed: copied(.inThisEntry(change: 0)))], at: thief),
            try Samples.written(
                [.amend(base, PersonBody(), reason: "x", sealed: copied(.existing(base.id)))],
                at: thief
            ),
            try Samples.written(
                [.amend(base, PersonBody(), reason: "x", sealed: copied(.existing(victim[0].id)))],
                at: thief
            ),
        ]
        for change in moved.flatMap(\.self) {
            let error = #expect(throws: RecordError.self) { try change.opened(with: key) }
            #expect(error?.code == .cannotOpen)
        }
    }

    @Test func `sealed fields that name no person are unreadable`() throws {
        var change = Change()
        change.kind = 1
        change.action = .create
        change.sealed.nonce.append(contentsOf: Array(repeating: 0, count: 12))
        change.sealed.ciphertext.append(contentsOf: Array(repeating: 0, count: 20))
        change.sealed.fields = [1]
        var entry = Entry()
        entry.changes = [change]
        #expect(try RecordEntry(decoding: entry.encodedBytes(), at: Samples.reference(1)).changes[0].problem != nil)
        entry.changes[0].sealed.person = RecordReference()
        #expect(try RecordEntry(decoding: entry.encodedBytes(), at: Samples.reference(1)).changes[0].problem == nil)
    }

    @Test func `sealed values entered apart conflict until they are opened and found equal`() throws {
        let key = try #require(PersonKey(Array(repeating: 7, count: 32)))
        let created = try Samples.written([DraftChange(kind: .person, body: [0x38, 10])], at: Samples.reference(1))
        let base = try Samples.state(created, of: created[0].id)
        var body = PersonBody()
        body.name = Text("Li")
        var amendments: [RecordChange] = []
        for number in UInt8(2)...3 {
            let sealed = try key.seal(
                body: body.encodedBytes(),
                at: Self.place(.existing(base.id), in: Samples.feed(number)),
                nonce: Array(repeating: number, count: 12)
            )
            amendments += try Samples.written(
                [.amend(base, PersonBody(), reason: "spelling", sealed: sealed)],
                at: Samples.reference(1, in: Samples.feed(number))
            )
        }
        #expect(try Samples.state(created + amendments, of: base.id)[1]?.isConflict == true)
        let opened = try amendments.map { try $0.opened(with: key) }
        #expect(try Samples.state(created + opened, of: base.id)[1]?.settled != nil)
    }

    @Test func `what cannot be understood in a change is filed with its reason, and the rest of the entry is read`()
        throws
    {
        var entry = Entry()
        var good = Change()
        good.kind = 3
        good.action = .create
        var newer = good
        newer.action = .UNRECOGNIZED(9)
        var headless = good
        headless.action = .amend
        var twice = good
        twice.body.append(contentsOf: [0x08, 1])
        var absence = Absence()
        absence.field = 1
        twice.absences = [absence]
        entry.changes = [good, newer, headless, twice]
        let decoded = try RecordEntry(decoding: entry.encodedBytes(), at: Samples.reference(1))
        #expect(decoded.changes.map { $0.problem == nil } == [true, false, false, false])
        #expect(decoded.changes.allSatisfy { $0.record == $0.id })
    }

    @Test func `fields in any order are split the same, and several occurrences are joined in theirs`() throws {
        let one: [UInt8] = [0x08, 1]
        let two: [UInt8] = [0x12, 2, 7, 8]
        let three: [UInt8] = [0x1D, 1, 2, 3, 4]
        let four: [UInt8] = [0x21, 1, 2, 3, 4, 5, 6, 7, 8]
        let parts = [one, two, three, four]
        for order in FoldOrderTests.permutations(parts) {
            let split = try WireFields.split(order.flatMap(\.self))
            #expect(split.map(\.field) == [1, 2, 3, 4])
            #expect(split.map(\.bytes) == parts)
        }
        #expect(try WireFields.split([0x08, 1] + two + [0x08, 2]).map(\.bytes) == [[0x08, 1, 0x08, 2], two])
        let broken: [[UInt8]] = [
            [0x08], [0x12, 5, 1], [0x1D, 1, 2], [0x0B], [0x0C], [0x00], [0x0E, 1],
            [0x08] + Array(repeating: 0xFF, count: 10),
            [0x12, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 1],
        ]
        for bytes in broken { #expect(throws: RecordError.self, "\(bytes)") { try WireFields.split(bytes) } }
    }

    @Test(arguments: ["e\u{301}", "\u{E9}", "王秀英 Ｔ细胞", "\u{FEFF}x", "锟斤拷ï¿½ ab\u{0}c", "👩‍⚕️"])
    func `text is stored byte for byte`(text: String) throws {
        var body = CaseBody()
        body.note = Text(text, language: "zh")
        let written = try Samples.written([.create(.case, body)], at: Samples.reference(1))
        let state = try Samples.state(written, of: written[0].id)
        #expect(Array(state.settledBody(CaseBody.self).body.note.value.utf8) == Array(text.utf8))
    }

    @Test func `text that is no UTF-8 makes its field unreadable, and the others stay`() throws {
        let draft = DraftChange(kind: .case, body: [0x4A, 4, 0x0A, 2, 0xC3, 0x28] + [0x42, 3, 0x2A, 1, 0x61])
        let written = try Samples.written([draft], at: Samples.reference(1))
        let state = try Samples.state(written, of: written[0].id)
        let decoded = state.settledBody(CaseBody.self)
        #expect(decoded.unreadableFields == [9])
        #expect(decoded.body.smoking.words == "a")
        #expect(RecordFindings.findings(of: state, exists: { _ in true }).map(\.field) == ["note"])
    }

    @Test(arguments: 0..<8)
    func `arbitrary and damaged bytes never trap`(seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        let course = try Samples.course()
        var body = OrderBody()
        body.course = course
        let changes: [DraftChange] = [
            DraftChange(kind: .case), try .create(.order, body, in: .inThisEntry(change: 0)),
        ]
        let good = try EntryDraft(recorded: Samples.moment(Samples.day(2026, 3, 2)), program: "t", changes: changes)
            .encode(for: feed)
        var read = 0
        for round in 0..<1_500 {
            var bytes = good
            if round.isMultiple(of: 3) {
                bytes = (0..<Int.random(in: 0...200, using: &random)).map { _ in .random(in: 0...255, using: &random) }
            } else {
                for _ in 0..<Int.random(in: 1...4, using: &random) {
                    bytes[Int.random(in: bytes.indices, using: &random)] = .random(in: 0...255, using: &random)
                }
                if round.isMultiple(of: 2) {
                    bytes = Array(bytes.prefix(Int.random(in: 0...bytes.count, using: &random)))
                }
            }
            do {
                let entry = try RecordEntry(decoding: bytes, at: Samples.reference(1, in: feed))
                read += 1
                for change in entry.changes {
                    guard let state = RecordState(folding: entry.changes, of: change.record) else { continue }
                    _ = Today.lines(
                        for: [CaseSnapshot(caseRecord: change.record, records: [state], otherSites: [])],
                        on: Samples.day(2026, 3, 2),
                        exists: { _ in false }
                    )
                }
            } catch {
                #expect(error.code == .illFormedEntry, "seed \(seed), round \(round)")
            }
        }
        #expect(read > 0, "damage of one byte must leave some entries readable, or this test reads nothing")
    }
}
