/// The members of what `abscope calc` answers: names that programs read and that are never renamed.
enum CalcField: String, CaseIterable, CatalogueText {
    case formula, reason, candidates
    // Dose
    case phases, dosePerFractionGray, fractions, totalDoseGray, alphaBetaGray, bedGray, eqd2Gray,
        outsideLinearQuadraticRange, elapsedDays, repopulationGrayPerDay, kickoffDays, bedWithRepopulationGray
    // Stage
    case edition, tumour, nodes, metastases, group
    // Schedule
    case startDate, perDay, everyDays, makeUpDays, firstDate, lastDate, dates, uninterruptedElapsedDays, longestGapDays,
        calendarVersion, calendarKnownUntil, provisionalDates, warnings
    // Window
    case anchor, on, day, dayRange, inside, from, to
    // Laboratory
    case ctcae, term, value, unit, uln, lln, baseline, grade, lowerBound
    // Outcomes
    case file, timeColumn, eventColumn, eventValue, by, strata, stratum, n, events, medianDays, medianLower,
        medianUpper,
        at, days, survival, atRisk
    case responses, subject, assessor, visit, visitNumber, date, target, nonTarget, new, overall, sumMillimetres,
        baselineSum, nadirSum, measuredTargets, ofTargets
    // Drugs and the body
    case areaUnderCurve, gfr, gfrMethod, gfrUsed, capped, doseMilligrams
    case heightCentimetres, weightKilograms, squareMetres
    case ageYears, sex, creatinine, weightKind, millilitresPerMinute

    /// What people read of it.
    func text(in language: Language) -> String {
        switch language {
        case .english: english
        }
    }
}
