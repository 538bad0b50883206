import ArgumentParser

/// What `--help` says about each command.
enum CommandHelp: CaseIterable, CatalogueText {
    case abscope
    case initialize
    case `operator`, operatorAdd, operatorList, operatorRetract
    case `case`, caseAdd, caseShow, caseFind, caseList, caseAmend, caseRetract, caseHistory, caseTimeline
    case person, personShow, personErase
    case course, courseAdd, courseShow, courseHold, courseResume, courseStop, courseComplete, courseRetract
    case fraction, fractionGive, fractionMiss, fractionList, fractionRetract
    case drug, drugAdd, drugGive, drugMiss, drugReduce, drugHold, drugResume, drugStop, drugComplete, drugShow,
        drugList, drugRetract
    case adverseEvent, adverseEventAdd, adverseEventAmend, adverseEventRelate, adverseEventList, adverseEventRetract
    case event, eventAdd, eventList, eventRetract
    case result, resultAdd, resultList, resultRetract
    case `protocol`, protocolList, protocolShow, protocolLint, protocolLoad, protocolApprove, protocolRetract
    case rules, rulesList, rulesShow, rulesLint, rulesLoad, rulesApprove, rulesRetract
    case screen
    case audit
    case report, reportCounts, reportResponse, reportToxicity, reportScreening, reportSurvival
    case lesion, lesionAdd, lesionAmend, lesionExpose, lesionList, lesionRetract
    case assessment, assessmentAdd, assessmentShow, assessmentList, assessmentCorrect, assessmentRetract
    case statement, statementAdd, statementList, statementRetract
    case today
    case calc, calcDose, calcStage, calcSchedule, calcWindow, calcCarboplatin, calcBodySurface,
        calcCreatinineClearance, calcCTCAE, calcRecist, calcSurvival
    case conflicts, conflictsList, conflictsShow, conflictsResolve
    case `import`, importCSV
    case export, exportCSV
    case site, siteRequest, siteAdmit, siteJoin, siteList, siteHoldings, siteRevoke, siteSalvage, siteChange,
        siteHandover, siteRecover
    case sync, syncStatus, syncPlan, syncNow
    case bundle, bundleExport, bundleInspect, bundleImport
    case log, logStats, logVerify, logRepair, quarantine, quarantineList, quarantineExport, quarantineDiscard,
        logShow, logSeal
    case incident, incidentList, incidentShow, incidentClose
    case doctor
    case view, viewRebuild
    case store, storeUpgrade
    case backup, restore
    case attach, attachment, attachmentList, attachmentExport

    func text(in language: Language) -> String {
        switch language {
        case .english: english.abstract
        }
    }

    func discussion(in language: Language) -> String {
        switch language {
        case .english: english.discussion
        }
    }
}

extension CommandConfiguration {
    /// A command as the catalogue describes it.
    init(_ name: String, _ help: CommandHelp, subcommands: [any ParsableCommand.Type] = [], version: String = "") {
        self.init(
            commandName: name,
            abstract: say(help),
            discussion: help.discussion(in: .current),
            version: version,
            subcommands: subcommands
        )
    }
}
