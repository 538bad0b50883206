import CaseModel
import LogFormat
import Schema

import struct LogStore.QuarantinedFile

extension Message {
    var english: String {
        switch self {
        case .seeHelp: "See `abscope --help`."
        case .seeBackupHelp: "See `abscope backup --help`."
        case .unknownCommand(let word, let path, let near):
            "There is no command `\(path) \(word)`." + (near.map { " Did you mean `\($0)`?" } ?? "")
        case .knownCommands(let names): "There are: \(names.joined(separator: ", "))."
        case .argumentNotUTF8(let argument, let byte):
            "Argument \(argument) is not valid UTF-8 at byte \(byte): set the terminal to UTF-8 and type it again."
        case .noWorkingFolder(let reason): "The working folder can not be found: \(reason). Give an absolute path."
        case .standardInput: "standard input"
        case .inputFailed(let reason): "Standard input can not be read: \(reason). Nothing was recorded."
        case .inputTooLong(let limit): "Standard input is longer than \(limit) bytes. Nothing was recorded."
        case .inputEnded: "The input ended before every question was answered. Nothing was recorded."
        case .inputNotUTF8(let source, let line, let column, let byte):
            "\(source): not valid UTF-8 at line \(line), column \(column) (byte \(byte)): convert it to UTF-8 first."
        case .lineNumber(let line): "line \(line)"
        case .lineWithoutColon: "The line has no colon: write \"key: value\"."
        case .unknownKey(let key, let near):
            // What resembles no key may be the name itself.
            near.map { "The key \"\(key)\" is not known here. Did you mean \"\($0)\"?" }
                ?? "What stands before the colon is no key that is known here."
        case .knownKeys(let keys): "Keys are: \(keys.joined(separator: ", "))."
        case .keyTwice(let key): "The key \"\(key)\" is said twice."
        case .givenTwice(let key): "\"\(key)\" is said as an option and on standard input: say it once."
        case .missingValues(let keys): "Missing: \(keys.joined(separator: ", "))."
        case .missingRemedy: "Write them to standard input as lines \"key: value\", or run this on a terminal."
        case .missingOptionRemedy(let keys):
            "Give \(keys.count == 1 ? "it as an option" : "them as options"): \(keys.map { "--\($0) …" }.joined(separator: " ")),"
                + " or run this on a terminal."
        case .notAWholeNumber(let text, let from, let to): "\"\(text)\" is not a whole number from \(from) to \(to)."
        case .notAChoice(let text, let choices): "\"\(text)\" is not one of \(choices.joined(separator: ", "))."
        case .calcNothing: "Nothing comes out."
        case .calcTogether(let missing):
            "\(missing.joined(separator: " and ")) \(missing.count == 1 ? "is" : "are") missing: the three stand together, and none of"
                + " them has a default."
        case .calcReason(let reason):
            switch reason {
            case .severalSubcategories: "a subcategory is missing"
            case .notAssessed: "what was not assessed decides it"
            case .noPrimary: "without a primary tumour there is no group"
            case .noTable: "no table"
            case .notInEdition: "the edition has no such category"
            }
        case .ctcaeUnknown(let text, let near):
            "No term of CTCAE 5.0 that is graded by a number is called \"\(text)\"."
                + (near.map { " Did you mean \"\($0)\"?" } ?? " `abscope calc ctcae --help` names them.")
        case .ctcaeUnit(let term, let unit):
            "The limits of \(term) are in \(unit): give the value and the laboratory's limits in it, and --unit \(unit)."
        case .ctcaeLimits: "a limit of the laboratory or the value before treatment is not known"
        case .negativeNumber(let text): "\"\(text)\" is below 0."
        case .calcNoRows: "The file has a line of names and no other."
        case .calcNoTime: "There is no time. Leave out who was not observed."
        case .calcNegativeTime(let text): "\"\(text)\" is a time before the beginning."
        case .calcEventCode(let text):
            "\"\(text)\" says neither 1, an event, nor 0, none. Say with --event-value which value is the event."
        case .scheduleProposed(let first, let last, let days, let uninterrupted):
            "Proposed: \(first) to \(last), \(Self.days(days))"
                + (days == uninterrupted ? "." : "; without holidays \(Self.days(uninterrupted)).")
        case .warning(let what): "WARNING: \(what)"
        case .scheduleMoved(let start, let first): "\(start) is no day of treatment; the first fraction is on \(first)"
        case .scheduleGap(let days, let last):
            "\(days) days without treatment after \(last): start later, treat on a holiday, or twice a day"
        case .scheduleProvisional(let count):
            "\(count == 1 ? "1 day is" : "\(count) days are") planned by weekday: the calendar does not know \(count == 1 ? "it" : "them")"
        case .calcPartialDates: "a date is known in part, and its days do not all decide it alike"
        case .notDays(let text, let least, let most):
            "\"\(text)\" is not \(least) to \(most) days: write days or weeks, such as 21 or 3w."
        case .notAnAnswer(let text): "\"\(text)\" is not yes, no or unknown."
        case .sinceWithoutStatus(let keys):
            "\"since\" says since when a status holds: give \(keys.joined(separator: ", ")) too."
        case .yesAnswers: "y yes"
        case .fileUnreadable(let path, let reason): "\(path) can not be read: \(reason)."
        case .fileTooLong(let path, let limit): "\(path) is longer than \(limit) bytes: is it the right file?"
        case .outputFailed(let reason):
            "The output can not be written: \(reason). What was recorded before is recorded."
        case .progress(let what, let done, let total, let rate, let left):
            "\(what): \(done)" + (total.map { " of \($0)" } ?? "") + (rate.map { ", \($0)/s" } ?? "")
                + (left.map { ", \($0) left" } ?? "")
        case .importing: "Importing"
        case .rebuilding: "Bringing the view up to date"
        case .entryCount(let count): count == 1 ? "1 entry" : "\(count) entries"
        case .segmentCount(let count): count == 1 ? "1 segment" : "\(count) segments"
        case .verifying: "Verifying"
        case .sealing: "Sealing"
        case .unforeseen(let kind):
            "This is a mistake in Abscope (\(kind)): please report it with what you did. The log is not harmed."
        case .byteOffset(let offset): "byte \(offset)"
        case .positions(let from, let to): from == to ? "position \(from)" : "positions \(from) to \(to)"
        case .interrupted: "Stopped by Ctrl-C. What was recorded before is recorded."
        case .absence(let reason): Self.englishAbsence(reason)
        case .sealedValue: "(sealed: this site does not hold the key)"
        case .erasedHere: "(erased here)"
        case .unreadableValue: "(not readable by this version)"
        case .stageComputed(let groups): "by the table \(groups.joined(separator: " or "))"
        case .dateTaken(let date): "Date: \(date)"
        case .noOperatorYet: "Nobody is known here who enters records."
        case .noOperatorRemedy: "Add one with `abscope operator add`."
        case .severalOperators(let names): "There are several operators: \(names.joined(separator: ", "))."
        case .severalOperatorsRemedy: "Say who you are with --operator or ABSCOPE_OPERATOR."
        case .unknownOperator(let text): "There is no operator \"\(text)\"."
        case .knownOperators(let names):
            "Operators are: \(names.joined(separator: ", ")). Add one with `abscope operator add`."
        case .ambiguousOperator(let text, let names):
            "\"\(text)\" fits several operators: \(names.joined(separator: ", "))."
        case .noOperatorsListed: "No operators. Add one with `abscope operator add`."
        case .recorded(let reference): "Recorded: \(reference)"
        case .correctWith(let command): "To correct it: \(command)"
        case .wouldRecord: "Nothing was recorded (--dry-run). It would have been."
        case .caseAdded(let number): "Case \(number)"
        case .caseUnknown(let number): "There is no case \(number) here."
        case .caseFindRemedy: "Look for it with `abscope case find`, or wait until its site has been in contact."
        case .didYouMean(let numbers): "Did you mean \(numbers.joined(separator: " or "))?"
        case .nothingToAmend(let help): "Nothing to amend was given. `\(help)` names what can be."
        case .nothingToFind: "Say what to look for: type it, or write it to standard input as the first line."
        case .noPersonHere(let number): "The person of \(number) is not here yet: its entry has not arrived."
        case .recordKind(let kind): englishName(of: kind)
        case .fieldName(let name): englishName(ofField: name)
        case .action(let action): englishName(of: action)
        case .periodEnd: "end"
        case .keepRecord: "the record stands"
        case .keepRetraction: "the record stays retracted"
        case .conflictRecordNeeded(let field):
            "The field \"\(field)\" is in conflict in several records: name one by its reference (`abscope conflicts list`)."
        case .overdueBy(let days): "by \(Self.days(days))"
        case .dueIn(let days): days == 1 ? "tomorrow" : "in \(Self.days(days))"
        case .notADay(let text): "\"\(text)\" is not one day."
        case .notADate: "This is not a date."
        case .notYet: "This day has not come yet."
        case .notYetRemedy(let today): "By this computer's clock today is \(today): correct the date, or the clock."
        case .longAgo: "This is before the year 1850."
        case .endsBeforeStart: "The end is before the start."
        case .notADateRemedy: "Write the year first, for example 2024-03-05, 2024-03 or 2024."
        case .noCases: "No cases. Add one with `abscope case add`."
        case .noMatches: "No case fits."
        case .referenceForm(let text): "\"\(text)\" is neither a case number nor a reference."
        case .referenceUnknown(let text): "There is no record \(text) here."
        case .referenceAmbiguous(let text): "\(text) fits several records: type more of it."
        case .referenceDiffers(let text):
            "\(text) names another entry than the one at that place: its last part does not fit."
        case .referenceRemedy: "A reference looks like GY.2.17-3fa97c21, as the command that wrote it printed it."
        case .daysLate(let days): Self.days(days)
        case .noHistory: "No entries."
        case .noTimeline: "Nothing with a date."
        case .retractedAlready(let text): "\(text) is already retracted."
        case .amendRetracted(let text):
            "\(text) was retracted, and nothing was changed. Add the case again if that was a mistake."
        case .amendDisputed(let text): "\(text) was retracted at one site and amended at another: nothing was changed."
        case .decideFirst(let reference): "Decide first whether it stands: `abscope conflicts show \(reference)`."
        case .fieldNotSettled(let name):
            "The \(englishName(ofField: name)) is in conflict, or a newer change of it has not come yet: a part of it can not be"
                + " corrected by itself."
        case .fieldNotSettledRemedy(let reference): "Decide first: `abscope conflicts show \(reference)`."
        case .retractWith(let text, let command):
            "\(text) is no record this command takes back: use `\(command)`."
        case .referringRecords(let references):
            "Records that refer to it keep their facts: \(references.joined(separator: ", "))."
        case .moreNotShown(let count): "\(count) more; raise --limit to see them."
        case .conflictNotice(let count):
            count == 1
                ? "1 value is in conflict: see `abscope conflicts list`."
                : "\(count) values are in conflict: see `abscope conflicts list`."
        case .pendingNotice(let count):
            count == 1
                ? "1 newer change waits for an entry of another site."
                : "\(count) newer changes wait for entries of other sites."
        case .possibleDuplicates(let numbers): "This may be the same person as \(numbers.joined(separator: ", "))."
        case .noOrders(let form, let number):
            "\(number) has no open \(form.rawValue). Prescribe one with `abscope \(form.rawValue) add`."
        case .orderUnknown(let form, let text, let names):
            "There is no open \(form.rawValue) \"\(text)\". There are: \(names.joined(separator: ", "))."
        case .orderAmbiguous(let form, let text, let names):
            "\"\(text)\" fits several \(form.rawValue)s: \(names.joined(separator: ", "))."
        case .severalOrders(let form, let names):
            "Several \(form.rawValue)s are open: \(names.joined(separator: ", "))."
        case .severalOrdersRemedy(let form): "Say which with --\(form.rawValue)."
        case .fractionProposal(let number, let fractions, let dose, let date):
            (number.map { "Fraction \($0) of \(fractions)" } ?? "A fraction beyond the \(fractions) planned")
                + ", \(dose), on \(date)"
        case .proposalWho(let number, let name, let year):
            [number, name, year.map { "born \($0)" }].compactMap(\.self).joined(separator: ", ")
        case .proposalOrder(let plan): plan
        case .orderPaused(let order, let state): "ATTENTION: \(order) is \(state)."
        case .authorisesNothing(.course): "Abscope records what the treatment machine delivered; it authorises nothing."
        case .authorisesNothing(.drug): "Abscope records what was given; it authorises nothing."
        case .changedMeanwhile:
            "Something else was recorded in this case at the same moment: look again and repeat the command."
        case .notRecorded: "Nothing was recorded."
        case .secondOfDay(let day): "A fraction of this course is already recorded for \(day)."
        case .secondOfDayRemedy:
            "If a second one was delivered, say --bid (two a day on purpose) or --extra (beyond the plan)."
        case .noNextFraction(let name):
            "The next fraction of \(name) is not certain: the course is complete, or records of it are in doubt."
        case .noNextFractionRemedy:
            "See `abscope fraction list` and `abscope conflicts list`, or say --number, or --extra."
        case .partialNeedsDose: "A partial fraction needs the dose that was delivered: --dose."
        case .doubtfulDose(let doubt): doubt
        case .doubtfulDoseRemedy(let remedy): "\(remedy) If it is what was delivered, add --unusual-dose."
        case .bidAndExtra: "--bid and --extra exclude each other."
        case .noFractions: "No fractions."
        case .orderDecided(let order, let state): "\(order): \(state)"
        case .orderInConflict(let order):
            "What is ordered of \(order) is in conflict, or a newer change has not come yet."
        case .orderInConflictRemedy(let number): "Decide first: `abscope conflicts list \(number)`."
        case .doseAnchorRemedy:
            "Say what the days are counted from: --from first, where a late dose moves no other, or --from last."
        case .doseProposal(let dose, let due): dose + (due.map { "; by the order on \($0)" } ?? "")
        case .doseOfDay(let day): "A dose of this drug is already recorded for \(day)."
        case .doseOfDayRemedy: "If another one was given, say which with --cycle, and --day for the day of the cycle."
        case .noNextDose(let drug):
            "The next dose of \(drug) is not certain: the order is complete, or records of it are in doubt."
        case .noNextDoseRemedy: "See `abscope drug list` and `abscope conflicts list`, or say --cycle."
        case .doseNotCalculated(let dose): "\(dose) is not what was given, but what it is calculated from."
        case .doseNotCalculatedRemedy: "Say the amount that was given, for example 700 mg; `abscope calc` computes it."
        case .everyDays(let days, let early, let late):
            (days == 1 ? "every day" : "every \(days) days")
                + (early + late > 0 ? " (-\(early)/+\(late))" : "")
        case .cycles(let count): count == 1 ? "1 cycle" : "\(count) cycles"
        case .sequence(let drug, .concurrent, let course): "\(drug): during \(course)."
        case .sequence(let drug, .after(let days), let course):
            "\(drug): the first dose \(Self.days(days)) after the last fraction of \(course)."
        case .sequence(let drug, .before(let days), let course):
            "\(drug): the last dose before \(course) \(Self.days(days)) before its first fraction."
        case .sequence(let drug, .unknown, let course):
            "\(drug): how it follows \(course) is not known, for that is not complete or not certain."
        case .noDoses: "No doses."
        case .noResults: "No results."
        case .noStatements: "No statements."
        case .noOtherEvents: "No events."
        case .notAnAdverseEvent(let text): "\(text) is no adverse event."
        case .notAnAdverseEventRemedy: "`abscope ae list` has their references."
        case .useAdverseEvents: "An adverse event has a grade and more: use `abscope ae add`."
        case .noEvents: "No adverse events."
        case .findingsMark(let count):
            count == 1 ? "1 finding: see `abscope today`." : "\(count) findings: see `abscope today`."
        case .nothingToday(let day): "\(day): nothing is due and nothing is open."
        case .todayHead(let day):
            "For \(day)"
        case .todayConfirm(let sites): "confirm with \(sites.joined(separator: ", "))"
        case .todayHeard(let site, let age): "\(site): heard \(age) ago"
        case .neverHeard(let site): "\(site): never heard from"
        case .todayKind(let kind): Self.englishKind(kind)
        case .waitingFor(let sites): "waiting for \(sites.joined(separator: ", "))"
        case .provisionalDays:
            "Some days are counted by weekdays: their course names no calendar of holidays, or it ends before."
        case .noConflicts: "No conflicts."
        case .conflictFieldNeeded(let fields):
            "Several fields are in conflict: \(fields.joined(separator: ", ")). Say which with --field."
        case .noConflictIn(let text): "Nothing of \(text) is in conflict."
        case .noConflictField(let field, let fields):
            "The field \"\(field)\" is not in conflict. In conflict: \(fields.joined(separator: ", "))."
        case .takeMissing: "Say which value holds with --take."
        case .conflictResolved(let field): "Resolved: \(field)"
        case .identifyingConflict: "An identifying value is resolved by amending it: `abscope case amend --from-stdin`."
        case .importGood(let count): count == 1 ? "1 good line." : "\(count) good lines."
        case .importBad(let count): count == 1 ? "1 bad line." : "\(count) bad lines."
        case .importDone(let count, let batch): "Imported \(count) cases as batch \(batch)."
        case .importNothing: "Nothing was imported."
        case .importBadRemedy: "Correct the lines named above, or import the good ones with --partial."
        case .importStoppedBefore: "Stopped by Ctrl-C. Nothing was imported."
        case .importStopped(let count, let total):
            "Stopped by Ctrl-C: the first \(count) of \(total) good lines are recorded, the others are not."
        case .importStoppedAfter(let count, let batch):
            "Stopped by Ctrl-C: all \(count) good lines are recorded as batch \(batch)."
        case .importWould(let count): "\(count) cases would be imported (--dry-run)."
        case .noHome: "There is no home folder: name the store with --store or ABSCOPE_STORE."
        case .clockImpossible: "The clock of this machine is outside the years 1 to 9999: set it first."
        case .storeCreated(let path): "Store \(path)"
        case .formatMayChange:
            "Log format 1 and wire protocol 1 stay. Record schema and bundles may still change before version 1."
        case .siteIs(let alias, let site): "Site \(alias), \(site)"
        case .nextSteps(let store):
            "Next: abscope operator add\(store.map { " --store \($0)" } ?? ""), then abscope case add\(store.map { " --store \($0)" } ?? "")"
        case .registryFounded(let name, let registry): "Registry \(name), \(registry)"
        case .recoveryKeyOnce:
            "The recovery key is shown now and never again. Write it down and lock it away: with it the registry can be taken over if this site is lost."
        case .notFounded(let path):
            "No registry was founded, and a recovery key shown above is worth nothing. Delete the folder \(path) and begin again."
        case .recoveryKeyLine(let key): "Recovery key: \(key)"
        case .wouldCreateStore(let path): "Nothing was created (--dry-run). The store would be \(path)."
        case .aliasForm(let text): "\"\(text)\" is no site alias: it is \(SiteAlias.rule)."
        case .incident(let name, let text): "Incident \(name): \(text)"
        case .incidentsUnreadable(let why): "Whether there are open incidents can not be told: \(why)"
        case .waitingForWriter(let holder):
            "Waiting for \(holder ?? "another program"), which is writing to this store."
        case .readOnlyStore(let reason): "For reading only. \(reason)"
        case .newestMayLack: "The store could not be recovered after the restart: the newest entries may not be shown."
        case .writerDied:
            "A program was stopped while it recorded. What it had not acknowledged is set aside in quarantine."
        case .segmentClosed(let problem):
            "The disk reported an error, so writing goes on in a new file: \(problem) Have the disk checked."
        case .viewInMemory(let problem): problem
        case .noNames(let problem): "Names are missing. \(problem)"
        case .missing(let message): message.english
        case .lesion(let message): message.english
        case .setting(let message): message.english
        case .report(let message): message.english
        case .export(let message): message.english
        case .noRegistry: "This site belongs to no registry yet."
        case .noRegistryRemedy:
            "Ask for admission with `abscope site request`, or found one in a new store with `abscope init --found NAME`."
        case .alreadyJoined: "This site belongs to a registry already."
        case .fingerprintIs(let words): "Fingerprint: \(words)"
        case .compareByVoice:
            "Compare these words with the other site by voice: the danger is a substituted key, not a stolen one."
        case .fingerprintDiffers:
            "The words differ from the request's fingerprint: do not admit it, the request was changed on its way."
        case .fingerprintNeeded:
            "Without a terminal the fingerprint has to be given: --fingerprint with the words as the other site read them out."
        case .requestWritten(let path): "Request written to \(path). Send it to the administrator; it is not secret."
        case .requestMade: "Send this to the administrator; it is not secret."
        case .siteAdmitted(let alias): "Admitted: \(alias)"
        case .invitationWritten(let path): "Invitation written to \(path). Send it to the site; it is not secret."
        case .joined(let registry): "Joined registry \(registry). Start the daemon to receive records."
        case .wouldAdmit(let alias): "Nothing was recorded (--dry-run). \(alias) would be admitted."
        case .wouldJoin(let registry): "Nothing was changed (--dry-run). This site would join registry \(registry)."
        case .siteUnknown(let text, let names):
            "There is no site \"\(text)\". There are: \(names.joined(separator: ", "))."
        case .siteAmbiguous(let text, let names):
            "\"\(text)\" fits several: \(names.joined(separator: ", ")). Give more digits of the id."
        case .frontierIs(let digest): "Frontier \(digest)"
        case .daemonUnreachable(let reason): "The daemon can not be reached: \(reason)."
        case .socketPathTooLong(let limit):
            "The path of the store is too long for its control socket: at most \(limit) bytes."
        case .notAdministrator: "Only the administrator site writes the roster."
        case .noSites: "No sites."
        case .daemonDown: "The daemon of this store does not run."
        case .daemonDownRemedy: "Start abscoped for this store, for example with `systemctl start abscoped`."
        case .daemonAnswer(let text): "The daemon refused: \(text)"
        case .daemonGarbled: "The daemon's answer can not be read: are abscope and abscoped of the same version?"
        case .daemonTooLate(let seconds):
            "The daemon did not answer within \(seconds) s: it hangs, or its disk does. Look at its log, and start it anew, for"
                + " example with `systemctl restart abscoped`."
        case .daemonSays(let text): text
        case .daemonEnded: "The daemon ended before it answered."
        case .syncWithItself: "That is this site."
        case .syncAsked: "The daemon contacts the other sites now."
        case .peerNotesDamaged:
            "What the daemon wrote down of the other sites can not be read and is left out; a running daemon replaces it."
        case .peerNotesUnreadable(let why): "What the daemon wrote down of the other sites can not be read: \(why)"
        case .syncFromStore: "From the store alone; the daemon does not run:"
        case .syncFromStoreOnly: "From the store alone; the daemon does not answer:"
        case .syncNoState: "Nothing is known about other sites."
        case .noFeeds: "The log is empty."
        case .verifiedAll(let entries, let bytes): "\(say(.entryCount(entries))) proven, \(bytes)."
        case .damageFound(let count): count == 1 ? "1 damaged place." : "\(count) damaged places."
        case .damageRemedy:
            """
            What is named can be fetched again from another site, a backup or a copy: abscope log repair --from SITE, \
            or --from FOLDER.
            """
        case .lossAccepted: "Losses that a person has accepted stay named; see abscope incident list --all."
        case .repairSourceUnknown(let typed, let names):
            "There is neither a folder nor another site \"\(typed)\"."
                + (names.isEmpty ? "" : " Sites: \(names.joined(separator: ", ")).")
        case .askingSite(let name): "Asking \(name) through the daemon."
        case .repairing: "Repairing"
        case .keysBack(let count):
            count == 1 ? "The key of a person is back." : "\(count) keys of persons are back."
        case .keysNeedNoDaemon:
            "keys.sqlite is damaged, and the daemon has it open: stop the daemon, repair, and start it again."
        case .nothingToRepair: "Nothing is damaged."
        case .repairOrAccept: "Either --from or --accept-loss: first fetch what can be fetched."
        case .otherSourceRemedy:
            "Try another site or copy; what is nowhere to be had can be taken for lost: abscope log repair --accept-loss."
        case .entriesBack(let range): "\(Self.englishPositions(range, "is", "are")) back."
        case .entriesNotThere(let range):
            "\(Self.englishPositions(range, "is", "are")) not there, or not what was here."
        case .entriesLost(let range):
            "\(Self.englishPositions(range, "has", "have")) to be fetched again."
        case .feedWhole: "whole again."
        case .lossExplained(let count):
            """
            \(say(.entryCount(count))) will be recorded as lost, with your account and reason. Nothing is removed; if a \
            copy turns up, log repair --from still works.
            """
        case .lossNotConfirmed(let count): "That is not the number of entries lost, \(count); nothing was recorded."
        case .lossNeedsCount(let count):
            "\(say(.entryCount(count))) \(count == 1 ? "is" : "are") lost: repeat with --yes \(count) to accept that."
        case .lossRecorded(let count):
            count == 1 ? "1 entry is recorded as lost." : "\(count) entries are recorded as lost."
        case .quarantineEmpty: "Nothing is in quarantine."
        case .quarantineKind(let kind):
            switch kind {
            case .tail: "bytes behind a feed's end, that nobody acknowledged or that were given up"
            case .segment: "a segment that was damaged, given up, or without entries"
            case .statements: "statements of which some could not be read"
            case .incident: "the note of an incident that could not be read"
            case .other: "not put there by Abscope"
            }
        case .quarantineUnknown(let name): "There is no \"\(name)\" in quarantine: see abscope log quarantine list."
        case .discardExplained(let count):
            count == 1
                ? "1 file will be removed for good." : "\(count) files will be removed for good."
        case .discardNotConfirmed(let count):
            "Nothing was removed: confirm with the number of files, in a pipe with --yes \(count)."
        case .discarded(let count): count == 1 ? "1 file removed." : "\(count) files removed."
        case .quoted(let text): text
        case .doctor(let message): message.english
        case .noIncidents: "No open incidents."
        case .incidentUnknown(let typed): "There is no incident \"\(typed)\"."
        case .incidentRemedy: "abscope incident list --all names them."
        case .incidentAmbiguous(let typed, let names):
            "Several incidents begin with \"\(typed)\": \(names.joined(separator: ", "))."
        case .incidentClosed: "Closed. It is kept: abscope incident list --all."
        case .incidentClosedAlready: "It was closed before."
        case .incidentToQuarantine: "Its file can not be read and is in quarantine now."
        case .wouldCloseIncident: "Nothing was changed (--dry-run). It would be closed."
        case .sealedSegments(let count): count == 1 ? "1 segment sealed." : "\(count) segments sealed."
        case .sealedTo(let raw, let sealed, let ratio): "\(raw) became \(sealed) (\(ratio))."
        case .sealingElsewhere: "Another process is sealing this store: nothing is left to do here."
        case .nothingToSeal: "No closed segment waits to be sealed."
        case .wouldSeal(let count): "\(count) segments would be sealed (--dry-run)."
        case .emptyPath: "The name of a file or folder is empty."
        case .emptyPathRemedy: "Perhaps a variable of the shell is not set."
        case .upgrading: "Upgrading"
        case .upgradeNotNeeded(let version): "The store is of format \(version) already: there is nothing to do."
        case .upgraded(let from, let to, let segments):
            "The store is of format \(to) now, and was of \(from). Segment files written anew: \(segments). What is"
                + " recorded did not change."
        case .upgradedProve: "Prove it: abscope log verify"
        case .backup(let message): message.english
        case .bundle(let message): message.english
        case .site(let message): message.english
        case .person(let message): message.english
        case .link(let message): message.english
        case .fleet(let message): message.english
        case .wouldUpgrade(let from, let to, let segments):
            "The store would go from format \(from) to \(to). Segment files to write anew: \(segments); compressed ones"
                + " stay as they are (--dry-run)."
        case .upgradeOneWay: "Earlier versions of Abscope can not open it afterwards."
        case .attachedPart(let number): "part \(number) of an attached file"
        case .attaching: "Attaching"
        case .exporting: "Exporting"
        case .attached(let name, let size): "\(name), \(size)"
        case .attachedAlready(let reference):
            "This file is attached to the case already, as \(reference). Nothing was recorded."
        case .noAttachments: "No file is attached."
        case .partsHere(let here, let count): "\(here) of \(count) parts are here"
        case .notADocument(let typed): "\(typed) is no attached file."
        case .attachmentListRemedy: "See `abscope attachment list CASE`."
        case .exported(let path, let size): "Written to \(path), \(size). This copy is not encrypted."
        case .viewRebuilt(let entries): "View rebuilt from \(say(.entryCount(entries)))."
        case .wouldRebuild(let entries):
            "Nothing was changed (--dry-run). The view would be rebuilt from \(say(.entryCount(entries)))."
        }
    }
}
