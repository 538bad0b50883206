/// What is asked on a terminal.
enum Question: CatalogueText {
    // Persons and cases
    case name, identifier, birthDate, contact, sex, histology, stage, search
    // Courses and fractions
    case courseName, bodySite, laterality, volume, fractions, dosePerFraction, firstFraction, give(String)
    // Drugs
    case drug, drugDose, doseInterval, doseAnchor, firstDose, cycles, doseAmount, reducedDose
    // Adverse events
    case term, grade, start, serious, agent, related, eventType, eventDetail, eventDate
    // Protocols and rules
    case approvedBy
    // Lesions and assessments
    case exposure, assessor, assessmentMethod, measurements([String])
    // Results and statements
    case analyte, resultValue, collected, statedQuestion, statedAnswer, topic, statedBy
    // Operators, sites, and why
    case operatorName, operatorRole, siteAlias, fingerprint, reason, take(Int), revokeReason, aliasOfSite, recoveryKey,
        numberOfCase
    // Care of the store
    case backupKey, replaceBackupKey, countOfLost, countToDiscard, incidentReason

    func text(in language: Language) -> String {
        switch language {
        case .english: english
        }
    }
}
