package import CaseModel
import GRDB
package import LogFormat

// Erasing a person: an entry that reaches every site, and the keys that each of them destroys for it.
extension CaseStore {
    /// Why nothing identifying is recorded of a person who was erased.
    static let erasedPerson = CaseStoreError(
        .keyNotHere,
        "What identifies this person was erased at this site, and is not recorded again."
    )

    /// - Throws: ``CaseStoreError`` with `.keyNotHere` when an erasure of the person is here.
    func refuseErased(_ person: RecordID) throws {
        let isErased = try query { table in try table.recordRow(person).map { try table.isErased($0) } ?? false }
        if isErased { throw Self.erasedPerson }
    }

    // MARK: - Asking for it

    /// What erasing persons would do.
    ///
    /// - Parameter cases: Of each person one, in which the erasure is recorded.
    /// - Returns: Persons, keys, and who else would be concerned.
    /// - Throws: `RecordError` with `.illFormedValue` for a case that names no person, or whose person is in conflict;
    ///   ``CaseStoreError`` with `.view`, `StorageError`.
    package func erasurePlan(of cases: [RecordID]) throws -> ErasurePlan {
        try catchUp()
        var owners: [(person: RecordID, caseRecord: RecordID)] = []
        for caseRecord in cases {
            guard let person = try person(of: caseRecord)?.id else {
                throw RecordError(
                    .illFormedValue,
                    "The case \(names.reference(caseRecord)) names no person, or its person has not arrived yet.",
                    remedy: "Synchronise first, or resolve the conflict about the person."
                )
            }
            if !owners.contains(where: { $0.person == person }) { owners.append((person, caseRecord)) }
        }
        let persons = Set(owners.map(\.person))
        return try query { table -> ErasurePlan in
            var plan = ErasurePlan(subjects: [], sharing: [])
            var sharing: Set<RecordID> = []
            for (person, caseRecord) in owners {
                guard let row = try table.recordRow(person) else { continue }
                let known = try table.keys(of: row)
                var own: [[UInt8]] = []
                for key in known {
                    let verdict = try judge(key.id, isNamed: key.isNamed, also: persons, table)
                    if verdict.isDoomed { own.append(key.id) }
                    if verdict.opensOwn { sharing.formUnion(verdict.others) }
                }
                let rows = try Int64.fetchAll(
                    table.db,
                    sql: "SELECT case_record FROM person_case WHERE person = ?",
                    arguments: [row]
                )
                plan.subjects.append(
                    ErasurePlan.Subject(
                        person: person,
                        caseRecord: caseRecord,
                        keyIDs: own,
                        cases: try rows.map { try table.recordID($0) }.sorted(),
                        earlier: try table.erasures(of: row)
                    )
                )
            }
            plan.sharing = sharing.sorted()
            return plan
        }
    }

    /// Records the erasure of persons; the entry is durable, and their keys are destroyed here, when this returns.
    ///
    /// Every other site that gets the entry does the same, in whatever order it gets entry, keys and values.
    ///
    /// - Parameters:
    ///   - plan: As ``erasurePlan(of:)`` made it.
    ///   - reason: Why; never empty.
    ///   - operatorRecord: Who asks for it.
    ///   - program: Name and version.
    ///   - isDryRun: Check everything, record and destroy nothing.
    /// - Returns: The entry; nil for a dry run.
    /// - Throws: ``CaseStoreError`` with `.invalid` when a key opens values of another person too, who is named: nothing
    ///   was recorded then; as ``record(_:program:)``.
    package func erase(
        _ plan: ErasurePlan,
        reason: String,
        operatorRecord: RecordTarget?,
        program: String,
        isDryRun: Bool = false
    ) throws -> EntryReference? {
        guard plan.sharing.isEmpty else {
            throw CaseStoreError(
                .invalid,
                "A key of this person opens values of \(plan.sharing.map(names.reference).joined(separator: ", ")) too,"
                    + " which would be lost with it: nothing was destroyed."
            )
        }
        let changes = try plan.subjects.map {
            try Erasure.draft(of: $0.person, keyIDs: $0.keyIDs, in: $0.caseRecord, reason: reason)
        }
        return try record(
            Recording(changes: changes, operatorRecord: operatorRecord, isDryRun: isDryRun),
            program: program
        )
    }

    /// The erasures of a person that are here, ascending, and whether a key of the person is left here all the same: one
    /// that opens another person's values too.
    ///
    /// - Throws: ``CaseStoreError`` with `.view`, `StorageError`.
    package func erasures(of person: RecordID) throws -> (erasures: [Erasure], leavesKeys: Bool) {
        try query { table in
            guard let row = try table.recordRow(person) else { return ([], false) }
            let erasures = try table.erasures(of: row)
            guard !erasures.isEmpty else { return ([], false) }
            return (erasures, try table.keys(of: row).contains { try keys.key($0.id) != nil })
        }
    }

    // MARK: - Doing it

    /// Destroys the keys that erasures ask for, and takes what they opened out of the read model.
    ///
    /// Called whenever an erasure, a key or a value sealed for an erased person has come. The keys are gone first, durable;
    /// a process that dies at any moment leaves the rest to the next one that opens the store. Where the keys can not be
    /// written ``keyProblem`` says so, and it is tried again.
    ///
    /// - Throws: ``CaseStoreError`` with `.view`, `StorageError`.
    /// - Complexity: One question to the read model when there is nothing to do.
    func settleErasures() throws {
        let used = view
        let work = try query { table -> (persons: [(person: Int64, mark: Int64)], doomed: [[UInt8]])? in
            let persons = try table.unsettled()
            guard !persons.isEmpty else { return nil }
            var doomed: [[UInt8]] = []
            for (person, _) in persons where try table.isErased(person) {
                for key in try table.keys(of: person)
                where try judge(key.id, isNamed: key.isNamed, also: [], table).isDoomed { doomed.append(key.id) }
            }
            return (persons, doomed)
        }
        guard let work, try destroy(work.doomed) else { return }
        do {
            // In that file only: in another one the rows are those of other persons.
            _ = try used.write(opening: opened) { table -> Bool? in
                try table.settle(work.persons, erased: work.doomed)
                return true
            }
        } catch  where Self.isUnwritable(error) {
            // The keys are gone; that it was done is noted by whoever can write.
            return
        }
    }

    /// Every key that was destroyed here because of an erasure, ascending.
    ///
    /// - Throws: ``CaseStoreError`` with `.view`, `StorageError`.
    package func erasedKeys() throws -> [[UInt8]] { try query { try $0.erasedKeys() } }

    /// Destroys again what erasures had destroyed, where an old file of keys was put in the place of the one that knew, or
    /// the file was lost.
    func destroyAgain() throws {
        let erased = try erasedKeys()
        if !erased.isEmpty { _ = try destroy(erased) }
    }

    /// Destroys those of the keys that are not destroyed yet, and shows it.
    ///
    /// - Returns: False when that can not be written; ``keyProblem`` says why.
    func destroy(_ ids: [[UInt8]]) throws -> Bool {
        let gone = try keys.destroyed(among: ids)
        let left = ids.filter { !gone.contains($0) }
        guard !left.isEmpty else { return true }
        do {
            try keys.destroy(left)
        } catch let error as CaseStoreError where error.code == .keys {
            keys.note(problem: "An erasure that was asked for could not be carried out here yet. \(error.message)")
            return false
        }
        try Self.translated { try showNewNames() }
        return true
    }

    /// Whether erasures ask for the end of a key.
    ///
    /// - Parameters:
    ///   - id: Of the key.
    ///   - isNamed: An erasure names it.
    ///   - persons: Persons to be taken as erased besides those who are.
    ///   - table: Of the read model.
    /// - Returns: That; whether it opens a value of such a person, and persons who were not erased whose values it opens.
    /// - Throws: `DatabaseError`, ``DamagedView``.
    private func judge(
        _ id: [UInt8],
        isNamed: Bool,
        also persons: Set<RecordID>,
        _ table: RecordTable
    ) throws -> (isDoomed: Bool, opensOwn: Bool, others: Set<RecordID>) {
        var opensOwn = false
        var isClaimed = false
        var others: Set<RecordID> = []
        for (person, isOpened) in try table.users(of: id) {
            let isErased =
                try persons.contains(person) || table.recordRow(person).map { try table.isErased($0) } ?? false
            switch (isErased, isOpened) {
            case (true, true): opensOwn = true
            case (false, true): others.insert(person)
            case (false, false): isClaimed = true
            case (true, false): break
            }
        }
        // What only claims to be sealed with a key must not destroy the key of somebody else; nor can it keep one that is
        // here and does not open it.
        let isHere = try keys.key(id) != nil
        let isGone = try !keys.destroyed(among: [id]).isEmpty
        let isDoomed = others.isEmpty && (isGone || (isHere ? isNamed || opensOwn : !isClaimed))
        return (isDoomed, opensOwn, others)
    }
}
