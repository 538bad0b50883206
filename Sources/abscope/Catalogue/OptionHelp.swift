import ArgumentParser

/// What `--help` says about each option and argument.
enum OptionHelp: CaseIterable, CatalogueText {
    case store, json, `operator`, dryRun, yes, fromStdin
    case siteAlias, foundRegistry, operatorRole
    case caseNumber, caseNumberOptional, recordReference, entryReference
    case sex, birthYear, age, histology, diagnosisMethod, diagnosisDate
    case stageGroup, tumour, nodes, metastases, stageEdition, stageDate, smoking, treatmentStatus, trialStatus,
        vitalStatus
    case statusSince, caseNote, withoutName, performer, reason, source
    case limit, includeRetracted
    case courseName, intent, bodySite, laterality, level, technique, modality, fractions, dosePerFraction, totalDose
    case courseCalendar, gapReason, volume, prescribedTo, firstFraction, fractionsPerDay
    case decidedSince, decidedBy
    case course, fractionDate, fractionDose, unusualDose, fractionNumber, partial, twiceDaily, extra, device, missReason
    case drugName, drugClass, drugDose, route, doseInterval, doseAnchor, firstDose, cycles, earlyDays, lateDays,
        lineOfTherapy, drugStart, drugEnd
    case drug, doseDate, doseAmount, doseCycle, dayOfCycle, partialDose, reducedDose
    case agent, related, eventType, eventDetail, eventDate, eventTypeFilter
    case eventTerm, grade, grading, eventStart, eventEnd, serious, seriousReason, actionTaken, outcome, eventNote
    case lesionSite, lesion, lesions, lesionNumber, nodal, firstSeen, boneAppearance, limitingPain, weightBearing,
        criticalSite, progressiveLesion, softTissueMass, boneFracture, compression, boneFoundOn, exposure, exposureDose
    case auditBy, auditSince
    case reportBy, reportAssessor, reportGrade, survivalFrom
    case settingName, settingFile, approvedBy, approvedOn, screenOn
    case measurements, assessedOn, assessor, baseline, reportedResponse
    case analyte, resultValue, collected, specimen, method, rangeLow, rangeHigh, analyteFilter
    case question, answer, topic, statedBy, statedOn
    case todayOn, stale, staleHours, aheadDays
    case field, take, conflictReason
    case csvFile, mappingFile, importPartial
    case requestFile, invitationFile, outputFile, siteRole, address, addressOfInviter, reads, fingerprint
    case memberSite, continues, revokeReason, confirmSite, onlyWithHoldings, cutOffFile, salvageFile, readsAll, qrCode
    case fleet, silentHours, unsentHours, clockMinutes
    case syncSite, linkRate, entryCount, sealActive
    case bundleFile, bundleNewFile, bundleFor, bundleOf, maxSize, everything
    case attachedFile, documentTitle, exportFile, exportedKind, exportDictionary
    case backupFolder, newBackupKey, verifyAll, restoreTarget, acceptLoss
    case repairFrom, acceptRepairLoss, lossReason, lostCount, quarantineFiles, exportFolder, discardCount
    case erasedCase, erasureReason, confirmCase
    case calcScheme, alphaBeta, elapsedDays, repopulation, kickoff, calcCategories, anchor, windowOn, windowFrom,
        windowTo
    case laboratoryTerm, laboratoryValue, laboratoryUnit, upperNormal, lowerNormal, laboratoryBaseline, ctcaeVersion
    case calcFile, timeColumn, eventColumn, eventValue, byColumn, atDays
    case scheduleStart, calendar, noMakeUpDays, everyDays
    case areaUnderCurve, filtrationRate, filtrationMethod, heightCentimetres, weightKilograms, bodySurfaceFormula,
        ageYears,
        formulaSex, creatinine
    case incidentName, incidentReason, allIncidents

    func text(in language: Language) -> String {
        switch language {
        case .english: english.help
        }
    }

    /// What stands for the value in a usage line; nil for a flag.
    func valueName(in language: Language) -> String? {
        switch language {
        case .english: english.value
        }
    }
}

extension ArgumentHelp {
    /// An option or argument as the catalogue describes it.
    static func option(_ help: OptionHelp) -> ArgumentHelp {
        ArgumentHelp(stringLiteral: say(help)).named(help.valueName(in: .current))
    }

    private func named(_ value: String?) -> ArgumentHelp {
        var help = self
        help.valueName = value
        return help
    }
}
