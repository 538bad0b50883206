package import CaseModel

/// What erasing a person would do, as far as this site knows.
package struct ErasurePlan: Sendable {
    /// One of the persons, with the case the erasure is asked in.
    package struct Subject: Hashable, Sendable {
        package var person: RecordID
        package var caseRecord: RecordID
        /// The keys that are the person's, as far as is known here; ascending.
        package var keyIDs: [[UInt8]]
        /// Every case here that names the person, ascending.
        package var cases: [RecordID]
        /// Erasures of the person that are here already.
        package var earlier: [Erasure]
    }

    package var subjects: [Subject]
    /// Other persons whose values a key of these opens too, ascending: they have to be erased as well, or none.
    package var sharing: [RecordID]
}
