import CaseModel
import Schema

import struct LogStore.QuarantinedFile

/// Every sentence, with what goes into it.
enum Message: CatalogueText {
    // Parsing the command line
    case seeHelp, seeBackupHelp
    case unknownCommand(String, after: String, near: String?)
    case knownCommands([String])
    case argumentNotUTF8(argument: Int, byte: Int)
    case noWorkingFolder(String), emptyPath, emptyPathRemedy

    // Input
    case standardInput
    case inputFailed(String)
    case inputTooLong(Int)
    case inputEnded
    case inputNotUTF8(source: String, line: Int, column: Int, byte: Int)
    case lineNumber(Int)
    case lineWithoutColon
    case unknownKey(String, near: String?)
    case knownKeys([String])
    case keyTwice(String)
    case givenTwice(String)
    case missingValues([String])
    case missingRemedy
    case missingOptionRemedy([String])
    case notAWholeNumber(String, from: Int, to: Int), notDays(String, from: Int, to: Int)
    case notAnAnswer(String)
    case sinceWithoutStatus([String])
    case yesAnswers
    case fileUnreadable(String, String)
    case fileTooLong(String, Int)

    // Output
    case outputFailed(String)
    case entryCount(UInt64), segmentCount(UInt64)
    case progress(what: String, done: String, total: String?, rate: String?, left: String?)
    case importing, rebuilding, verifying, sealing

    // Values
    case absence(AbsenceReason)
    case sealedValue, erasedHere, unreadableValue
    case dateTaken(String), stageComputed([String])

    case notAChoice(String, [String])

    // Computations
    case calcNothing, calcTogether([String]), calcReason(StageTable.Reason), calcPartialDates
    case ctcaeUnknown(String, near: String?), ctcaeUnit(String, String), ctcaeLimits, negativeNumber(String)
    case calcNoRows, calcNoTime, calcNegativeTime(String), calcEventCode(String)
    case scheduleProposed(from: String, to: String, days: Int64, uninterruptedDays: Int64), warning(String)
    case scheduleMoved(String, to: String), scheduleGap(Int64, after: String), scheduleProvisional(Int)

    // The store
    case unforeseen(String)
    case byteOffset(UInt64)
    case positions(from: UInt64, to: UInt64)
    case noHome, clockImpossible
    case storeCreated(String), formatMayChange, siteIs(alias: String, site: String), nextSteps(store: String?)
    case registryFounded(name: String, registry: String)
    case notFounded(String), syncWithItself
    case recoveryKeyOnce, recoveryKeyLine(String)
    case wouldCreateStore(String)
    case aliasForm(String)
    case incident(String, String), incidentsUnreadable(String)
    case waitingForWriter(String?), readOnlyStore(String), newestMayLack, writerDied, segmentClosed(String)
    case viewInMemory(String), noNames(String)
    case missing(MissingMessage), lesion(LesionMessage), setting(SettingMessage), report(ReportMessage)
    case export(ExportMessage)

    // Names of things
    case recordKind(RecordKind), fieldName(String), action(RecordAction), periodEnd, keepRecord, keepRetraction

    // Operators
    case noOperatorYet, noOperatorRemedy
    case severalOperators([String]), severalOperatorsRemedy
    case unknownOperator(String), knownOperators([String]), ambiguousOperator(String, [String])

    // Records
    case recorded(reference: String), correctWith(String), wouldRecord
    case caseAdded(String), caseUnknown(String), caseFindRemedy, didYouMean([String])
    case nothingToAmend(String), nothingToFind, noPersonHere(String)
    case noCases, noMatches, noOperatorsListed
    case referenceForm(String), referenceUnknown(String), referenceAmbiguous(String), referenceDiffers(String),
        referenceRemedy
    case noHistory, noTimeline, daysLate(Int64)
    case retractedAlready(String), retractWith(String, command: String)
    case amendRetracted(String), amendDisputed(String), decideFirst(String)
    case fieldNotSettled(String), fieldNotSettledRemedy(String)
    case referringRecords([String])
    case moreNotShown(Int)
    case conflictNotice(Int), pendingNotice(Int)
    case possibleDuplicates([String])

    // Courses and drugs, and what was given of them
    case noOrders(OrderForm, String), orderUnknown(OrderForm, String, [String])
    case orderAmbiguous(OrderForm, String, [String]), severalOrders(OrderForm, [String]), severalOrdersRemedy(OrderForm)
    case fractionProposal(number: String?, of: UInt32, dose: String, date: String)
    case proposalWho(number: String, name: String?, birthYear: String?)
    case proposalOrder(String), orderPaused(String, String)
    case authorisesNothing(OrderForm)
    case notRecorded, changedMeanwhile
    case secondOfDay(String), secondOfDayRemedy
    case noNextFraction(String), noNextFractionRemedy
    case partialNeedsDose, doubtfulDose(String), doubtfulDoseRemedy(String)
    case bidAndExtra
    case noFractions, noDoses, noEvents, noOtherEvents, noResults, noStatements
    case findingsMark(Int)
    case notAnAdverseEvent(String), notAnAdverseEventRemedy, useAdverseEvents
    case orderDecided(String, String), orderInConflict(String), orderInConflictRemedy(String)
    case doseAnchorRemedy, doseProposal(String, due: String?), doseOfDay(String), doseOfDayRemedy
    case noNextDose(String), noNextDoseRemedy, doseNotCalculated(String), doseNotCalculatedRemedy
    case everyDays(UInt32, early: UInt32, late: UInt32), cycles(UInt32)
    case sequence(String, TreatmentSequence, String)

    // Today and conflicts
    case nothingToday(String), todayHead(String)
    case overdueBy(Int64), dueIn(Int64), todayConfirm([String]), todayHeard(site: String, age: String), neverHeard(
        String
    )
    case notADay(String), notADate, notADateRemedy
    case notYet, notYetRemedy(String), longAgo, endsBeforeStart
    case todayKind(TodayLine.Kind)
    case waitingFor([String])
    case provisionalDays
    case noConflicts, conflictFieldNeeded([String]), noConflictIn(String), noConflictField(String, [String])
    case takeMissing, conflictRecordNeeded(String), conflictResolved(String), identifyingConflict

    // Import
    case importGood(Int), importBad(Int), importDone(count: Int, batch: String), importNothing, importBadRemedy
    case importStoppedBefore, importStopped(count: Int, of: Int), importStoppedAfter(count: Int, batch: String)
    case importWould(Int)

    // Sites and sync
    case noRegistry, noRegistryRemedy, alreadyJoined
    case fingerprintIs(String), compareByVoice, fingerprintDiffers, fingerprintNeeded
    case requestWritten(String), requestMade, siteAdmitted(String), invitationWritten(String), joined(String),
        wouldAdmit(String), wouldJoin(String)
    case notAdministrator, siteUnknown(String, [String]), siteAmbiguous(String, [String])
    case frontierIs(String), daemonUnreachable(String), socketPathTooLong(Int)
    case noSites
    case daemonDown, daemonDownRemedy, daemonAnswer(String), daemonGarbled, daemonTooLate(Int)
    case daemonSays(String), daemonEnded
    case peerNotesDamaged, peerNotesUnreadable(String), syncAsked, syncFromStore, syncFromStoreOnly, syncNoState

    // The log
    case noFeeds
    case verifiedAll(entries: UInt64, bytes: String), damageFound(Int), damageRemedy, lossAccepted
    case sealedTo(String, String, String), sealingElsewhere
    case sealedSegments(Int), nothingToSeal, wouldSeal(Int)
    case attaching, exporting, attached(name: String, size: String), attachedAlready(String), noAttachments
    case partsHere(UInt64, of: UInt64), notADocument(String), attachmentListRemedy, exported(String, size: String)
    case backup(BackupMessage)
    case bundle(BundleMessage)
    case site(SiteMessage)
    case person(PersonMessage)
    case link(LinkMessage)
    case fleet(FleetMessage)
    case viewRebuilt(entries: UInt64), wouldRebuild(UInt64)
    case upgrading, upgradeNotNeeded(Int), upgraded(from: Int, to: Int, segments: Int), upgradedProve
    case wouldUpgrade(from: Int, to: Int, segments: Int), upgradeOneWay
    case attachedPart(UInt64)
    case interrupted

    // Repair and quarantine
    case repairSourceUnknown(String, [String]), askingSite(String)
    case keysBack(Int), keysNeedNoDaemon
    case repairing, nothingToRepair, repairOrAccept, otherSourceRemedy
    case entriesBack(ClosedRange<UInt64>), entriesNotThere(ClosedRange<UInt64>), entriesLost(ClosedRange<UInt64>),
        feedWhole
    case lossExplained(UInt64), lossNotConfirmed(UInt64), lossNeedsCount(UInt64), lossRecorded(UInt64)
    case quarantineEmpty, quarantineKind(QuarantinedFile.Kind), quarantineUnknown(String)
    case discardExplained(Int), discardNotConfirmed(Int), discarded(Int)

    // Doctor
    case quoted(String)
    case doctor(DoctorMessage)

    // Incidents
    case noIncidents, incidentUnknown(String), incidentRemedy, incidentAmbiguous(String, [String])
    case incidentClosed, incidentClosedAlready, incidentToQuarantine, wouldCloseIncident

    func text(in language: Language) -> String {
        switch language {
        case .english: english
        }
    }
}
