/// Heads of columns, labels and short words.
enum Term: CaseIterable, CatalogueText {
    case caseNumber, reference, name, role, kind, subject, detail, value, field, site, when, whenHappened, who, what,
        why
    case number, date, dose, outcome, course, status, entries, bytes, stored, ratio, feed, lane, position, age, standing
    case birthYear, sex, histology, stage, diagnosis, grade, serious, term, address, fingerprint, program, days, line
    case delivered, prescribed, next, records, conflicts
    case yes, no, unknown, given, partial, notGiven, secondOfDay, extra, fraction, cycle, since, from, every, tnmEdition
    case thisSite, administrator, revoked, toSend, toReceive, heard, never, takes, cost, hasOurs, clock, incidents
    case segments, sealed, perDay, oldest, total
    case fine, advice
    case drug, ordered, doses, due, fromFirstDose, fromLastDose
    case analyte, normal, specimen, question, topic, stated
    case group, all, late
    case version, digest, rule, suggests, because
    case exposure, indication, node, assessor, how, measured, reported, sum, ofBaseline, ofNadir, target, nonTarget,
        newLesion
    case overall, immune, baseline
    case limitingPain, weightBearing, criticalSite, progressive, softTissueMass, fracture, compression
    case file, note, acceptedLoss, incidentNumber, open, closed, whenClosed
    case retracted, disputed, damaged, replica, provisional, inConflict, waiting

    func text(in language: Language) -> String {
        switch language {
        case .english: english
        }
    }
}
