package import LogFormat
import Schema
import SwiftProtobuf

extension EntryDraft {
    /// The bytes of the entry for a feed: the same draft gives the same bytes.
    ///
    /// - Parameter feed: where the entry will stand; references to the same site, epoch and lane leave these out.
    /// - Returns: the encoded entry, never empty.
    /// - Throws: `.illFormedEntry` naming the change when the envelope's rules are broken: no change, too many, a field
    ///   both set and cleared, an identifying field in the clear, two created cases, an amendment without its record or reason, a target in this entry
    ///   that does not come before the change or does not create a record.
    package func encode(for feed: FeedID) throws(RecordError) -> [UInt8] {
        try check()
        var entry = Entry()
        entry.schemaVersion = 0
        entry.recorded = recorded.schema
        if let operatorRecord { entry.`operator` = feed.abbreviate(operatorRecord) }
        entry.program = program
        if let source { entry.source = source }
        entry.changes = changes.map { $0.schema(for: feed) }
        if let alone { entry.alone = alone }
        return try entry.encodedBytes()
    }

    private func check() throws(RecordError) {
        guard !changes.isEmpty, changes.count <= EnvelopeLimits.changes else {
            throw RecordError(
                .illFormedEntry,
                "An entry carries 1 to \(EnvelopeLimits.changes) changes, this one \(changes.count)."
            )
        }
        guard changes.count(where: { $0.kind == .case && $0.record == nil }) <= 1 else {
            throw RecordError(
                .illFormedEntry,
                "An entry creates at most one case, for the case number names the entry.",
                remedy: "Write one entry for each case."
            )
        }
        for (index, change) in changes.enumerated() {
            try change.check(index: index, among: changes)
        }
    }
}

extension DraftChange {
    fileprivate func check(index: Int, among changes: [DraftChange]) throws(RecordError) {
        func refuse(_ message: String) -> RecordError {
            RecordError(.illFormedEntry, message, at: "change \(index)")
        }
        guard (record == nil) == (action == .create) else {
            throw refuse("A change creates a record, or names the record it amends or retracts.")
        }
        guard action == .create || reason.map({ !$0.isEmpty }) == true else {
            throw refuse("An amendment and a retraction say why.")
        }
        guard parents.count <= EnvelopeLimits.parents else {
            throw refuse("A change names at most \(EnvelopeLimits.parents) parents, this one \(parents.count).")
        }
        for case .inThisEntry(let target) in [caseRecord, record, sealed?.person].compactMap(\.self)
            + links.values
        {
            // A person's own sealed fields name the change that creates the person, which is this one.
            let isItself = Int(target) == index && sealed?.person == .inThisEntry(change: target)
            guard Int(target) < changes.count, Int(target) < index || isItself, changes[Int(target)].record == nil
            else {
                throw refuse("Change \(target) of the same entry does not come before it and create a record.")
            }
        }
        var touched = Set<UInt32>()
        let set = try WireFields.split(body).map(\.field)
        for field in Registry.kind(kind)?.fields ?? [] where set.contains(field.number) && field.form != .value {
            throw refuse("The field \(field.name) travels as \(field.form.rawValue), never in the clear body.")
        }
        for field in set + (sealed?.fields ?? []) + Array(links.keys) + Array(absences.keys) {
            guard touched.insert(field).inserted else { throw refuse("Field \(field) is said twice.") }
        }
        guard touched.count <= EnvelopeLimits.fields else {
            throw refuse("A change touches at most \(EnvelopeLimits.fields) fields, this one \(touched.count).")
        }
    }

    fileprivate func schema(for feed: FeedID) -> Change {
        var change = Change()
        change.kind = kind.rawValue
        if let caseRecord { change.caseRecord = feed.abbreviate(caseRecord) }
        if let record { change.record = feed.abbreviate(record) }
        change.parents = parents.map(feed.abbreviate)
        change.action =
            switch action {
            case .create: .create
            case .amend: .amend
            case .retract: .retract
            }
        if !body.isEmpty { change.body = collected(body) }
        if let sealed {
            var sealedBody = SealedBody()
            sealedBody.person = feed.abbreviate(sealed.person)
            sealedBody.nonce = collected(sealed.nonce)
            sealedBody.ciphertext = collected(sealed.ciphertext)
            sealedBody.fields = sealed.fields.sorted()
            sealedBody.key = collected(sealed.keyID)
            change.sealed = sealedBody
        }
        change.absences = absences.keys.sorted().map { field in
            var absence = Absence()
            absence.field = field
            absence.reason = absences[field] ?? .unspecified
            return absence
        }
        change.links = links.keys.sorted().compactMap { field in
            guard let target = links[field] else { return nil }
            var link = Link()
            link.field = field
            link.record = feed.abbreviate(target)
            return link
        }
        if let reason { change.reason = reason }
        if let performer {
            var schema = Performer()
            if let record = performer.operatorRecord { schema.`operator` = feed.abbreviate(record) }
            if !performer.text.isEmpty { schema.text = performer.text }
            change.performer = schema
        }
        if isWhole { change.whole = true }
        return change
    }
}
