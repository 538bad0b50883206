import CaseModel
import CaseStore
import Schema

extension Session {
    /// Records what became of one fraction of a course, and reports it. `label` is the number of the case.
    ///
    /// - Throws: ``Failure`` 75 when the case changed meanwhile; what recording throws.
    func record(
        _ fraction: Fraction,
        of course: RecordID,
        in caseRecord: RecordID,
        _ label: String,
        by operatorRecord: RecordTarget?,
        performer: String?,
        _ writing: WriteOptions,
        in clinic: Clinic
    ) throws {
        var body = GivenBody()
        body.fraction = fraction
        var change = try DraftChange.create(
            .given,
            body,
            in: .existing(caseRecord),
            links: [LinkField.givenOrder: .existing(course)]
        )
        change.performer = performer.map { DraftPerformer(text: $0) }
        let entry = try clinic.record(
            Recording(changes: [change], operatorRecord: operatorRecord, isDryRun: writing.dryRun)
        )
        report(
            entry,
            correction: FractionRetract.line,
            in: clinic,
            [("case", .string(label)), ("fraction", fraction.rendered.json)]
        )
    }
}
