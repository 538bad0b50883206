import CaseModel
import Schema

/// The bodies of a person and a case, read from a form. A field is set only where something was said.
struct CaseBodies {
    /// What identifies the person, to be sealed.
    private(set) var identity = PersonBody()
    private(set) var hasIdentity = false
    /// Year of birth and sex, which stay clear.
    private(set) var person = PersonBody()
    private(set) var hasPerson = false
    private(set) var body = CaseBody()
    private(set) var hasBody = false

    /// The case as it is: what was not said of a diagnosis or a stage stays.
    private let former: CaseBody

    /// * former: empty for a new case.
    /// * today: the calendar day at the site, for `today` and `yesterday`.
    /// - Throws: ``Failure`` 65 naming the key of a value that is none.
    init(_ form: Form, over former: CaseBody, today: CivilDay) throws {
        self.former = former
        try readIdentity(form, today)
        try readPerson(form)
        try readDiagnosis(form, today)
        try readStage(form, today)
        try readStatus(form, today)
        try readRest(form)
    }

    private mutating func readIdentity(_ form: Form, _ today: CivilDay) throws {
        if let name = form["name"] { identity.name = Text(name) }
        if let name = form["alternative-name"] { identity.alternativeName = Text(name) }
        if let value = form["identifier"] {
            var identifier = Identifier()
            identifier.value = value
            identity.identifier = identifier
        }
        if let date = form["birth-date"] {
            let birth = try Values.past(date, of: "birth-date", today: today, isIdentifying: true)
            identity.birthDate = birth.schema
            if case .calendar(let year, _, _) = birth.form, form["birth-year"] == nil {
                person.birthYear = Int32(year)
                hasPerson = true
            }
        }
        if let contact = form["contact"] { identity.contact = Text(contact) }
        if let note = form["person-note"] { identity.note = Text(note) }
        hasIdentity = form.has("name", "alternative-name", "identifier", "birth-date", "contact", "person-note")
    }

    private mutating func readPerson(_ form: Form) throws {
        if let year = form["birth-year"] {
            person.birthYear = Int32(try Values.wholeNumber(year, of: "birth-year", in: 1850...2200))
        }
        if let sex = form["sex"] { person.administrativeSex = Values.coded(sex) }
        hasPerson = hasPerson || form.has("birth-year", "sex")
    }

    private mutating func readDiagnosis(_ form: Form, _ today: CivilDay) throws {
        guard form.has("histology", "diagnosis-method", "diagnosis-date") else { return }
        var diagnosis = former.diagnosis
        if let histology = form["histology"] { diagnosis.histology = Values.coded(histology) }
        if let method = form["diagnosis-method"] { diagnosis.method = Values.coded(method) }
        if let date = form["diagnosis-date"] {
            diagnosis.date = try Values.past(date, of: "diagnosis-date", today: today).schema
        }
        body.diagnosis = diagnosis
        hasBody = true
    }

    private mutating func readStage(_ form: Form, _ today: CivilDay) throws {
        guard form.has("stage", "t", "n", "m", "edition", "stage-date") else { return }
        var stage = former.stage
        if let group = form["stage"] { stage.reportedGroup = group }
        if let category = form["t"] { stage.t = category }
        if let category = form["n"] { stage.n = category }
        if let category = form["m"] { stage.m = category }
        if let edition = form["edition"] { stage.edition = edition }
        if let date = form["stage-date"] {
            stage.date = try Values.past(date, of: "stage-date", today: today).schema
        }
        body.stage = stage
        hasBody = true
    }

    private mutating func readStatus(_ form: Form, _ today: CivilDay) throws {
        let keys = ["treatment-status", "trial-status", "vital-status"]
        let since = try form["since"].map { try Values.past($0, of: "since", today: today).schema }
        for key in keys {
            guard let value = form[key] else { continue }
            var status = Status()
            status.value = Values.status(value, of: key)
            if let since { status.since = since }
            switch key {
            case "treatment-status": body.treatmentStatus = status
            case "trial-status": body.trialStatus = status
            default: body.vitalStatus = status
            }
            hasBody = true
        }
        if since != nil, !keys.contains(where: { form[$0] != nil }) {
            throw Failure(.usage, .sinceWithoutStatus(keys))
        }
    }

    private mutating func readRest(_ form: Form) throws {
        if let age = form["age"] {
            var stated = AgeAtEvent()
            stated.age = try Values.age(age, of: "age").schema
            stated.event = "diagnosis"
            body.age = stated
        }
        if let smoking = form["smoking"] { body.smoking = Values.coded(smoking) }
        if let note = form["note"] { body.note = Text(note) }
        hasBody = hasBody || form.has("age", "smoking", "note")
    }
}
