/// What one form says of a case.
struct Judged {
    var outcome: Screening.Outcome
    var because: String
    var records: [RecordID] = []
    var note: String?

    init(_ outcome: Screening.Outcome, _ because: String, _ records: [RecordID] = [], note: String? = nil) {
        self.outcome = outcome
        self.because = because
        self.records = records
        self.note = note
    }

    init(_ verdict: Verdict, _ because: String, _ records: [RecordID] = []) {
        switch verdict {
        case .pass: self.init(Screening.Outcome.pass, because, records)
        case .fail: self.init(Screening.Outcome.fail, because, records)
        case .unknown: self.init(Screening.Outcome.unknown, because, records)
        }
    }

    static func unknown(_ because: String, _ records: [RecordID] = []) -> Judged {
        Judged(Screening.Outcome.unknown, because, records)
    }
}
