import ArgumentParser
import CaseModel
import Schema

/// The clear values of a case that can be given as options, and as lines of standard input under the same names.
struct CaseFields: ParsableArguments {
    @Option(name: .long, help: .option(.sex)) var sex: String?
    @Option(name: .long, help: .option(.birthYear)) var birthYear: String?
    @Option(name: .long, help: .option(.age)) var age: String?
    @Option(name: .long, help: .option(.histology)) var histology: String?
    @Option(name: .long, help: .option(.diagnosisMethod)) var diagnosisMethod: String?
    @Option(name: .long, help: .option(.diagnosisDate)) var diagnosisDate: String?
    @Option(name: .long, help: .option(.stageGroup)) var stage: String?
    @Option(name: .customLong("t"), help: .option(.tumour)) var tumour: String?
    @Option(name: .customLong("n"), help: .option(.nodes)) var nodes: String?
    @Option(name: .customLong("m"), help: .option(.metastases)) var metastases: String?
    @Option(name: .long, help: .option(.stageEdition)) var edition: String?
    @Option(name: .long, help: .option(.stageDate)) var stageDate: String?
    @Option(name: .long, help: .option(.smoking)) var smoking: String?
    @Option(name: .long, help: .option(.treatmentStatus)) var treatmentStatus: String?
    @Option(name: .long, help: .option(.trialStatus)) var trialStatus: String?
    @Option(name: .long, help: .option(.vitalStatus)) var vitalStatus: String?
    @Option(name: .long, help: .option(.statusSince)) var since: String?
    @Option(name: .long, help: .option(.caseNote)) var note: String?

    /// `asks`: whether the few that matter at registration are asked for on a terminal.
    func formFields(asks: Bool) -> [Form.Field] {
        [
            Form.Field("sex", sex, asks: asks ? .sex : nil),
            Form.Field("birth-year", birthYear),
            Form.Field("age", age),
            Form.Field("histology", histology, asks: asks ? .histology : nil),
            Form.Field("diagnosis-method", diagnosisMethod),
            Form.Field("diagnosis-date", diagnosisDate),
            Form.Field("stage", stage, asks: asks ? .stage : nil),
            Form.Field("t", tumour),
            Form.Field("n", nodes),
            Form.Field("m", metastases),
            Form.Field("edition", edition),
            Form.Field("stage-date", stageDate),
            Form.Field("smoking", smoking),
            Form.Field("treatment-status", treatmentStatus),
            Form.Field("trial-status", trialStatus),
            Form.Field("vital-status", vitalStatus),
            Form.Field("since", since),
            Form.Field("note", note),
        ]
    }
}

/// Identifying values: asked for or read, never arguments.
enum PersonFields {
    static func formFields(asks: Bool, nameIsRequired: Bool) -> [Form.Field] {
        [
            Form.Field("name", asks: asks ? .name : nil, isRequired: nameIsRequired),
            Form.Field("alternative-name"),
            Form.Field("identifier", asks: asks ? .identifier : nil),
            Form.Field("birth-date", asks: asks ? .birthDate : nil),
            Form.Field("contact", asks: asks ? .contact : nil),
            Form.Field("person-note"),
        ]
    }
}
