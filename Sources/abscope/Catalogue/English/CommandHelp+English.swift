import CaseModel

extension CommandHelp {
    /// Rule: no example holds a person's name or identifier, for shell history and `ps` must not hold one either.
    var english: (abstract: String, discussion: String) {
        switch self {
        case .abscope:
            (
                "Case records and radiotherapy schedules for clinics without a reliable network.",
                """
                Abscope records what the treatment machine delivered; it authorises nothing.

                Every command works without the network. Dates are written year first (2026-11-21), or today and \
                yesterday. Names and identifiers are never arguments: they are asked for, or read from standard input.

                  abscope init --site GY                 a store for this clinic
                  abscope operator add                   who enters records here
                  abscope case add                       a case; its number is printed
                  abscope today                          what is due

                Completion: abscope --generate-completion-script bash > ~/.local/share/bash-completion/completions/abscope
                Exit status: 0 done, 1 something to look at, 3 damaged store, 64 and above as sysexits.h (docs/commands.md).
                """
            )
        case .initialize:
            (
                "Create a store for this site.",
                """
                The store is a folder that only this account may read. With --found this site also founds a registry, the \
                sites that share records; the recovery key is then printed once, and nowhere else: write it down and \
                lock it away. A registry is founded with its store, never later, and only when the key could be printed.

                  abscope init --site GY
                  abscope init --site HUB --found "North-west lung registry"
                  abscope init --site GY --store /srv/abscope
                """
            )
        case .operator: ("Who enters records at this site.", "  abscope operator add\n  abscope operator list")
        case .operatorAdd:
            (
                "Add somebody who enters records here.",
                """
                The name is asked for, or read from standard input as "name: …". It is a claim, not an \
                authentication: it says who entered a record, as declared.

                  abscope operator add
                  abscope operator add --role nurse < operator.txt
                """
            )
        case .operatorList: ("List the operators.", "  abscope operator list\n  abscope operator list --json")
        case .operatorRetract:
            (
                "Take back an operator; what this one entered stays.",
                "  abscope operator retract GY.2.1-5be06d13 --reason \"entered twice\""
            )
        case .case: ("Case records.", "  abscope case add\n  abscope case show GY-1342R\n  abscope case find")
        case .caseAdd:
            (
                "Add a case.",
                """
                Name, identifier, birth date and contact are asked for on a terminal. In a pipe they are read as lines \
                "key: value" with the keys name, alternative-name, identifier, birth-date, contact and person-note; \
                every option below is a key as well (histology: …). They are encrypted with a key of that person.

                  abscope case add --histology adenocarcinoma --stage IIIA
                  abscope case add --birth-year 1958 --sex male < case.txt
                """
            )
        case .caseShow:
            (
                "Show one case: what is known, its courses, events and conflicts.",
                "  abscope case show GY-1342R\n  abscope case show GY-1342R --json"
            )
        case .caseFind:
            (
                "Find cases by name, identifier or words.",
                """
                What to look for is asked for, or is the first line of standard input. Width, case and compatibility \
                forms of characters do not matter.

                  abscope case find
                  abscope case find < query.txt
                """
            )
        case .caseList:
            ("List the cases.", "  abscope case list\n  abscope case list --limit 20\n  abscope case list --json")
        case .caseAmend:
            (
                "Correct or complete a case; the old values stay in its history.",
                """
                Only what is given changes. Values that mean something together (T, N, M, edition and group) are \
                replaced together. Identifying values are read with --from-stdin as lines "key: value".

                  abscope case amend GY-1342R --stage IIIB --reason "review of the CT"
                  abscope case amend GY-1342R --vital-status deceased --since 2026-11-20 --reason "family called"
                """
            )
        case .caseRetract:
            (
                "Take back a case, or a record of a case, that should not be; it stays in the history.",
                """
                The argument is a case, or the reference of one record of a case. Courses, fractions and adverse events \
                have a command of their own that takes nothing else.

                  abscope case retract GY-1342R --reason "entered twice"
                  abscope case retract GY.2.17-3fa97c21 --reason "wrong patient"
                """
            )
        case .caseHistory: ("Every entry of a case: who, when, where, what and why.", "  abscope case history GY-1342R")
        case .caseTimeline:
            (
                "What happened to a case, by clinical date.",
                "  abscope case timeline GY-1342R\n  abscope case timeline GY-1342R --json"
            )
        case .person:
            ("The persons behind the cases.", "  abscope person show GY-1342R\n  abscope person erase GY-1342R")
        case .personShow:
            (
                "Whether what identifies the person of a case was erased, and which sites have done so.",
                """
                Ends with 1 while a site is not known to have heard of an erasure that was recorded here.

                  abscope person show GY-1342R
                  abscope person show GY-1342R --json
                """
            )
        case .personErase:
            (
                "Erase what identifies the person of a case, at every site, for good.",
                """
                The keys of the person are destroyed here at once, and at every other site as soon as the entry reaches it \
                by the daemon or a bundle: name, identifiers, birth date, contact, attached files. What was recorded \
                clinically stays under the number of the case. It is confirmed by typing that number. Not reached: what \
                was printed or exported, backups, and free text in clear fields (docs/security.md).

                  abscope person erase GY-1342R --reason "asked for by the person"
                  abscope person erase GY-1342R --reason "asked for by the person" --yes GY-1342R
                """
            )
        case .course: ("Radiotherapy courses.", "  abscope course add GY-1342R\n  abscope course show GY-1342R")
        case .courseAdd:
            (
                "Prescribe a course.",
                """
                An order is checked and may be refused; doses carry their unit, and cGy is never taken for Gy. On a \
                terminal missing values are asked for.

                  abscope course add GY-1342R --name thorax --site lung --laterality right --volume PTV \\
                      --dose-per-fraction "2 Gy" --fractions 30 --first 2026-11-23
                """
            )
        case .courseShow:
            (
                "Show the courses of a case and how far each is.",
                "  abscope course show GY-1342R\n  abscope course show GY-1342R --course thorax"
            )
        case .courseHold:
            (
                "Hold a course: no fraction of it is due until it is resumed.",
                """
                A hold, a resumption and a stop travel before everything else, and are understood alone at every site. A fraction that was \
                given all the same stays recorded, and is listed.

                  abscope course hold GY-1342R --reason "pneumonitis, grade 2" --by oncologist
                  abscope course hold GY-1342R --course thorax --since 2026-03-04 --reason fever
                """
            )
        case .courseResume:
            (
                "Let a course go on that was held, or ended by mistake.",
                "  abscope course resume GY-1342R --reason \"grade 1 again\" --by oncologist"
            )
        case .courseStop:
            (
                "Stop a course for good.",
                "  abscope course stop GY-1342R --course thorax --reason \"pneumonitis, grade 3\" --by oncologist"
            )
        case .courseComplete:
            (
                "Say that a course is complete, whatever was planned.",
                "  abscope course complete GY-1342R --course thorax --reason \"as planned\""
            )
        case .courseRetract:
            (
                "Take back a course; what was given of it stays recorded.",
                "  abscope course retract GY.2.9-0c51d7aa --reason \"wrong patient\""
            )
        case .fraction:
            (
                "Fractions of a course, as the treatment machine delivered them.",
                "  abscope fraction give GY-1342R\n  abscope fraction miss GY-1342R --reason machine\n"
                    + "  abscope fraction list GY-1342R"
            )
        case .fractionGive:
            (
                "Record that a fraction was delivered.",
                """
                Abscope records what the treatment machine delivered; it authorises nothing. The one fraction that is \
                due is proposed, with whose and which, and asked about on a terminal. A second fraction on a day needs \
                --bid or --extra, and in a pipe several open courses need --course.

                  abscope fraction give GY-1342R
                  abscope fraction give GY-1342R --date yesterday
                  abscope fraction give GY-1342R --course thorax --dose "1.2 Gy" --partial --reason "machine fault"
                """
            )
        case .fractionMiss:
            (
                "Record that a fraction was not given, and why.",
                "  abscope fraction miss GY-1342R --reason machine\n"
                    + "  abscope fraction miss GY-1342R --date 2026-11-20 --reason holiday"
            )
        case .fractionList: ("List the fractions of a case.", "  abscope fraction list GY-1342R")
        case .fractionRetract:
            (
                "Take back a fraction that was recorded by mistake.",
                "  abscope fraction retract GY.2.17-3fa97c21 --reason \"recorded twice\""
            )
        case .drug:
            (
                "Drugs: what is ordered, and each dose that was given.",
                "  abscope drug add GY-1342R\n  abscope drug give GY-1342R\n  abscope drug show GY-1342R"
            )
        case .drugAdd:
            (
                "Order a drug.",
                """
                The unit of the dose says what it is calculated from. With --every and --from a dose becomes due by days, and \
                `abscope today` says so; how many days early or late it may be is never assumed. A drug that is taken every \
                day, such as a steroid, has --start and no --every.

                  abscope drug add GY-1342R --drug durvalumab --class anti-PD-L1 --dose "1500 mg" --every 28 \\
                      --from last --first 2026-04-20 --early 3 --late 7 --cycles 12
                  abscope drug add GY-1342R --drug carboplatin --class platinum --dose "AUC 5" --every 21 --from first
                  abscope drug add GY-1342R --drug prednisolone --class steroid --dose "20 mg" --start 2026-05-02
                """
            )
        case .drugGive:
            (
                "Record that a dose was given.",
                """
                Abscope records what was given; it authorises nothing. The next dose is proposed, with whose and which, and \
                asked about on a terminal. What is calculated from weight, surface or clearance needs --dose.

                  abscope drug give GY-1342R
                  abscope drug give GY-1342R --drug carboplatin --dose "560 mg" --date yesterday
                """
            )
        case .drugMiss:
            (
                "Record that a dose was not given, and why. It stays due.",
                "  abscope drug miss GY-1342R --drug durvalumab --reason \"fever\""
            )
        case .drugReduce:
            (
                "Order less of a drug from now on.",
                "  abscope drug reduce GY-1342R --drug carboplatin --dose \"AUC 4\" --reason \"platelets\" --by oncologist"
            )
        case .drugHold:
            (
                "Hold a drug: no dose of it is due until it is resumed.",
                """
                A hold, a resumption and a stop travel before everything else, and are understood alone at every site. A \
                dose that was given all the same stays recorded, and is listed.

                  abscope drug hold GY-1342R --drug durvalumab --reason "pneumonitis, grade 2" --by oncologist
                """
            )
        case .drugResume:
            (
                "Let a drug go on that was held, or ended by mistake.",
                "  abscope drug resume GY-1342R --drug durvalumab --reason \"grade 1 again\" --by oncologist"
            )
        case .drugStop:
            (
                "Stop a drug for good.",
                "  abscope drug stop GY-1342R --drug durvalumab --reason \"pneumonitis, grade 3\" --by oncologist"
            )
        case .drugComplete:
            (
                "Say that a drug is complete, whatever was planned.",
                "  abscope drug complete GY-1342R --drug carboplatin --reason \"as planned\""
            )
        case .drugShow:
            (
                "Show the drugs of a case: what is ordered, how much was given, what is next, and how it follows radiotherapy.",
                "  abscope drug show GY-1342R\n  abscope drug show GY-1342R --drug durvalumab"
            )
        case .drugList: ("List the doses of a case.", "  abscope drug list GY-1342R")
        case .drugRetract:
            (
                "Take back an order or a dose that was recorded by mistake.",
                "  abscope drug retract GY.2.17-3fa97c21 --reason \"recorded twice\""
            )
        case .adverseEvent: ("Adverse events.", "  abscope ae add GY-1342R\n  abscope ae list GY-1342R")
        case .adverseEventAdd:
            (
                "Record an adverse event.",
                """
                A serious one travels before everything else. Grading rules suggest and never act.

                  abscope ae add GY-1342R --term pneumonitis --grade 2 --start 2026-11-18 --serious no
                  abscope ae add GY-1342R --term pneumonitis --grade 4 --serious yes --serious-reason "admitted"
                """
            )
        case .adverseEventAmend:
            (
                "Say how an adverse event went on: its grade, outcome, end, what was done.",
                """
                The record keeps every value it had, with who changed it, when and why. A serious event stays in `abscope \
                today` until its outcome is final or it has an end.

                  abscope ae amend GY.2.17-3fa97c21 --grade 3 --reason "CT of 2026-03-09"
                  abscope ae amend GY.2.17-3fa97c21 --outcome resolved --end 2026-04-02 --reason follow-up
                """
            )
        case .adverseEventRelate:
            (
                "State whether an agent is suspected of an adverse event: one statement for each.",
                """
                  abscope ae relate GY.2.17-3fa97c21 --agent durvalumab --related yes --by oncologist
                  abscope ae relate GY.2.17-3fa97c21 --agent "thoracic radiotherapy" --related unknown
                """
            )
        case .adverseEventList: ("List adverse events.", "  abscope ae list\n  abscope ae list GY-1342R")
        case .adverseEventRetract:
            (
                "Take back an adverse event that was recorded by mistake.",
                "  abscope ae retract GY.1.3-77d0e9b4 --reason \"another patient\""
            )
        case .event:
            (
                "What happened that is no adverse event: progression, procedures, decisions, contacts, death.",
                "  abscope event add GY-1342R\n  abscope event list GY-1342R"
            )
        case .eventAdd:
            (
                "Record an event.",
                """
                A contact says that the patient was alive that day, which survival counts. A death makes the patient deceased \
                since then, in one entry, and travels before everything else.

                  abscope event add GY-1342R --type progression --what "new lesion, liver" --on 2026-06-02
                  abscope event add GY-1342R --type skeletal --what "fracture of T9" --on 2026-06-02
                  abscope event add GY-1342R --type contact --on 2026-07-01
                  abscope event add GY-1342R --type death --on 2026-08-11 --what "progressive disease"
                """
            )
        case .eventList:
            ("List events but adverse ones.", "  abscope event list GY-1342R\n  abscope event list --type progression")
        case .eventRetract:
            ("Take back an event.", "  abscope event retract GY.2.7-5be06d13 --reason \"another patient's\"")
        case .result: ("Anything measured or graded.", "  abscope result add GY-1342R\n  abscope result list GY-1342R")
        case .resultAdd:
            (
                "Record a result: a gene, a marker, a laboratory value, a performance status.",
                """
                A value is kept as typed and never converted. What was not tested is said, and is another thing than negative. The \
                range of normal is that of the laboratory that measured it. A positive pregnancy test is urgent.

                  abscope result add GY-1342R --analyte PD-L1 --value "<10%" --method 22C3 --specimen tumour
                  abscope result add GY-1342R --analyte EGFR --value "not tested"
                  abscope result add GY-1342R --analyte creatinine --value "88.4 umol/L" --low 45 --high 84
                """
            )
        case .resultList:
            (
                "List results by the day they were collected.",
                "  abscope result list GY-1342R\n  abscope result list GY-1342R --analyte PD-L1"
            )
        case .resultRetract:
            ("Take back a result.", "  abscope result retract GY.2.7-5be06d13 --reason \"another patient's\"")
        case .protocol:
            (
                "Protocols: rules of trials and of ways to treat, as data.",
                "  abscope protocol list\n  abscope screen GY-1342R stage-iv-primary"
            )
        case .protocolList: ("List the protocols this site knows.", "  abscope protocol list")
        case .protocolShow:
            (
                "Show the rules of a protocol, and what it leaves open.",
                "  abscope protocol show consolidation\n  abscope protocol show consolidation --json"
            )
        case .protocolLint:
            ("Check the file of a protocol; needs no store.", "  abscope protocol lint trial.json")
        case .protocolLoad:
            ("Record a protocol, so that all sites know it.", "  abscope protocol load trial.json")
        case .protocolApprove:
            (
                "Confirm one version of a protocol for this site, with what was taken where it is open.",
                "  abscope protocol approve consolidation --by \"Dr Chen\""
            )
        case .protocolRetract:
            (
                "Take back a protocol, or its approval.",
                "  abscope protocol retract GY.2.17-3fa97c21 --reason \"a new version\""
            )
        case .rules:
            (
                "Sets of rules about drugs: what a label suggests. They suggest; a doctor decides.",
                "  abscope rules list\n  abscope rules approve durvalumab --by \"Dr Chen\""
            )
        case .rulesList: ("List the rule sets this site knows.", "  abscope rules list")
        case .rulesShow: ("Show a rule set.", "  abscope rules show durvalumab")
        case .rulesLint: ("Check the file of a rule set; needs no store.", "  abscope rules lint drug.json")
        case .rulesLoad: ("Record a rule set, so that all sites know it.", "  abscope rules load drug.json")
        case .rulesApprove:
            (
                "Approve one version of a rule set for this site; from then on `abscope today` lists what it suggests.",
                "  abscope rules approve durvalumab --by \"Dr Chen\""
            )
        case .rulesRetract:
            (
                "Take back a rule set, or its approval.",
                "  abscope rules retract GY.2.17-3fa97c21 --reason \"the label changed\""
            )
        case .audit:
            (
                "Every change: who, when, where, what it was and is, why, and how long after it happened.",
                """
                Nothing turns this off, and nothing is left out of it: what was taken back is in it too. Late is what was recorded \
                more than a day after what it tells of.

                  abscope audit --case GY-1342R
                  abscope audit --by li --since 2026-03-01 --json
                """
            )
        case .report:
            (
                "Numbers over all cases: each with numerator and denominator, and who was left out and why.",
                "  abscope report counts --by stage\n  abscope report toxicity --grade 3"
            )
        case .reportCounts:
            ("Count the cases.", "  abscope report counts\n  abscope report counts --by histology --json")
        case .reportResponse:
            (
                "Best responses by RECIST 1.1, and responses out of the field by both definitions.",
                "  abscope report response --by drug\n  abscope report response --assessor radiologist"
            )
        case .reportToxicity:
            (
                "Patients with an adverse event of a grade or more, among those who were treated; each patient once.",
                "  abscope report toxicity\n  abscope report toxicity --grade 2 --by drug"
            )
        case .reportScreening:
            (
                "What a protocol says of all cases, and of each rule.",
                "  abscope report screening consolidation --on 2026-04-17"
            )
        case .reportSurvival:
            (
                "Survival by Kaplan and Meier; who is alive counts until the last contact, never until today.",
                """
                A contact is an event of that type, and every day on which something was given. Limits are of 95 %, log-log.

                  abscope report survival --by stage
                  abscope report survival --from treatment
                """
            )
        case .screen:
            (
                "Ask the rules of a protocol about a case: pass, fail, unknown or not applicable, each with why.",
                """
                Unknown never passes, and absence is stated, never inferred. Where the protocol leaves something open it says \
                what was taken for it; until a named person here has confirmed the protocol, the best answer is that no rule \
                failed. The exit status is 1 for anything less.

                  abscope screen GY-1342R stage-iv-primary
                  abscope screen GY-1342R consolidation --on 2026-04-17 --json
                """
            )
        case .lesion:
            (
                "Lesions, and by which courses of radiotherapy they were exposed.",
                "  abscope lesion add GY-1342R\n  abscope lesion list GY-1342R"
            )
        case .lesionAdd:
            (
                "Give a lesion a number, by which everybody calls it.",
                """
                What is said of a bone lesion shows what speaks for treating it: an indication, or something to consider. It \
                orders nothing.

                  abscope lesion add GY-1342R --site lung --laterality left --level "upper lobe"
                  abscope lesion add GY-1342R --site "mediastinal node" --level 4R --nodal
                  abscope lesion add GY-1342R --site vertebra --level T9 --appearance lytic --weight-bearing yes
                """
            )
        case .lesionAmend:
            (
                "Say more of a lesion, or correct it.",
                "  abscope lesion amend GY-1342R 3 --fracture yes --reason \"CT of 2026-03-09\""
            )
        case .lesionExpose:
            (
                "State how a course of radiotherapy reached lesions: only what none has reached is out of field.",
                """
                A lesion in a large field is exposed without being a target, and scatter is low-dose. What nobody states is \
                unknown, and so is what rests on it.

                  abscope lesion expose GY-1342R 1 --course thorax --as target
                  abscope lesion expose GY-1342R 2 3 --course thorax --as none --by physicist
                  abscope lesion expose GY-1342R 4 --course thorax --as low-dose --dose "1.2 Gy"
                """
            )
        case .lesionList:
            (
                "List the lesions of a case, their exposure, and what speaks for treating them.",
                "  abscope lesion list GY-1342R"
            )
        case .lesionRetract:
            ("Take back a lesion.", "  abscope lesion retract GY.2.17-3fa97c21 --reason \"the same as lesion 2\"")
        case .assessment:
            (
                "Assessments of lesions, and the response they come to.",
                "  abscope assessment add GY-1342R\n  abscope assessment show GY-1342R"
            )
        case .assessmentAdd:
            (
                "Record what was seen of each lesion on the images of one day.",
                """
                A number is millimetres: the longest diameter, of a lymph node the short axis. At baseline what is measured is a \
                target and the rest is non-target, unless :target or :non-target says otherwise; later a lesion that was not \
                there is new. The response by RECIST 1.1 is computed, for each assessor by itself, and stored nowhere.

                  abscope assessment add GY-1342R 1=34 2=18 3=present --on 2026-02-20 --by radiologist --method CT
                  abscope assessment add GY-1342R 1=20 2=11 3=absent --by radiologist --reported PR
                  abscope assessment add GY-1342R 1=20 4=12:new --by radiologist
                """
            )
        case .assessmentShow:
            (
                "Show the response of each assessment by RECIST 1.1 and iRECIST, and of lesions out of the field.",
                """
                A response out of the field stands by both definitions, any lesion and the sum, for lesions that no course had \
                reached, with the drugs given meanwhile. It is compatible with an abscopal effect and shows none.

                  abscope assessment show GY-1342R
                """
            )
        case .assessmentList:
            ("List the assessments of a case with what was measured.", "  abscope assessment list GY-1342R")
        case .assessmentCorrect:
            (
                "Correct an assessment: a size, its date, who made it.",
                """
                  abscope assessment correct GY.2.17-3fa97c21 2=12 --reason "read again"
                  abscope assessment correct GY.2.17-3fa97c21 --on 2026-05-04 --reason typo
                """
            )
        case .assessmentRetract:
            (
                "Take back an assessment; what was measured in it counts no more.",
                "  abscope assessment retract GY.2.17-3fa97c21 --reason \"another patient's\""
            )
        case .statement:
            ("What a named person states.", "  abscope statement add GY-1342R\n  abscope statement list GY-1342R")
        case .statementAdd:
            (
                "Record a statement: yes, no or unknown, by whom and when.",
                """
                Absence is stated, never inferred: "no known allergy" is a statement too. An allergy, and a consent that is \
                withdrawn (consent, no), are urgent.

                  abscope statement add GY-1342R --question allergy --answer yes --topic penicillin --by nurse
                  abscope statement add GY-1342R --question "prior therapy" --answer no --by oncologist
                  abscope statement add GY-1342R --question consent --answer no --topic "trial procedures"
                """
            )
        case .statementList: ("List statements.", "  abscope statement list\n  abscope statement list GY-1342R")
        case .statementRetract:
            ("Take back a statement.", "  abscope statement retract GY.2.7-5be06d13 --reason \"entered twice\"")
        case .today:
            (
                "What is due, overdue or open today.",
                """
                Every line says how old the knowledge is that it rests on. Where another treating site was silent for \
                longer than --stale-hours, it reads "due, confirm with SITE", and the exit status is 1.

                  abscope today
                  abscope today --on 2026-11-23
                """
            )
        case .calc:
            (
                "The computations alone: doses, stages, windows. Reads no store and records nothing.",
                """
                Every answer repeats what went in and names the formula. Nothing is rounded but what people are shown, to two \
                decimals; --json has all of them, and its names never change (docs/commands.md). What can not be decided \
                says why, and the exit status is 1.

                  abscope calc dose 8x3 --alpha-beta 10
                  abscope calc stage --edition 8 T2a N2 M0
                """
            )
        case .calcDose:
            (
                "Biologically effective dose, and the dose in fractions of 2 Gy with the same effect.",
                """
                A scheme is the dose of a fraction in gray and how many there are, dose first; several phases follow each \
                other. Repopulation is taken off where all three of its numbers are given. The arithmetic is for physical \
                gray and for fractions up to 10 Gy.

                  abscope calc dose 2x30 --alpha-beta 10
                  abscope calc dose 2x25 8x1 --alpha-beta 3
                  abscope calc dose 2x30 --alpha-beta 10 --days 45 --repopulation 0.6 --kickoff 28
                """
            )
        case .calcStage:
            (
                "The stage group of T, N and M.",
                """
                A category whose subcategory is missing leaves all groups it may be. Editions 6, 7 and 8 are whole; of the 9th \
                only rows that were checked are here, and the others have no group.

                  abscope calc stage --edition 8 T2a N2 M0
                  abscope calc stage --edition 8 cT1 pN0 M0
                """
            )
        case .calcSchedule:
            (
                "The days a number of fractions falls on: a proposal.",
                """
                Says how long the course takes with the holidays and without them, and the longest run of days without \
                treatment. Days that the calendar does not know yet are planned by weekday and are provisional.

                  abscope calc schedule --start 2026-02-09 --fractions 30 --calendar china
                  abscope calc schedule --start 2026-02-09 --fractions 30 --calendar china --no-makeup-days
                  abscope calc schedule --start 2026-03-02 --fractions 5 --calendar weekdays --every-days 2
                """
            )
        case .calcWindow:
            (
                "On which day after an anchor a date lies, and whether that is inside a window.",
                """
                The anchor's own day is day 0. A date may be known in part: what all its days decide alike is decided.

                  abscope calc window --anchor 2026-03-06 --on 2026-04-17 --from 1 --to 42
                  abscope calc window --anchor 2026-03-06 --on 2026-05 --from 1 --to 42
                """
            )
        case .calcCarboplatin:
            (
                "The dose of carboplatin for an area under the curve, by Calvert.",
                """
                An estimated filtration rate counts as 125 mL/min at most; a measured one as it is. Nothing is rounded.

                  abscope calc carboplatin --auc 5 --gfr 90
                  abscope calc carboplatin --auc 5 --gfr 140 --gfr-method measured
                """
            )
        case .calcBodySurface:
            (
                "The surface of a body.",
                "  abscope calc bsa --height-cm 170 --weight-kg 65\n"
                    + "  abscope calc bsa --height-cm 170 --weight-kg 65 --formula stevenson"
            )
        case .calcCreatinineClearance:
            (
                "The clearance of creatinine, estimated by Cockcroft and Gault from the actual weight.",
                "  abscope calc crcl --age 60 --weight-kg 65 --sex female --creatinine 88.4umol/L"
            )
        case .calcCTCAE:
            (
                "The grade of a laboratory value by CTCAE 5.0.",
                """
                A limit that is not given leaves all grades there may be. Where what the patient has can make a grade higher, the \
                value gives the least (lowerBound). Limits that are numbers are in SI units. The terms: \
                \(LaboratoryTerm.names.joined(separator: ", ")).

                  abscope calc ctcae --term "Alanine aminotransferase increased" --value 130 --uln 40 --baseline 80
                  abscope calc ctcae --term "Platelet count decreased" --value 60 --unit 10*9/L --lln 125
                """
            )
        case .calcRecist:
            (
                "Responses by RECIST 1.1, for each patient, assessor and visit.",
                """
                The first visit of a patient is the baseline. Each visit stands by itself against baseline and nadir; where a target \
                was not measured, it is progression when the measured part alone is, else not evaluable. The columns are \
                subject, assessor, visit, visitNumber, date, lesion, role (target, non-target, new), nodal (yes, no), \
                diameterMillimetres (empty when not measured) and state (present, absent, progression, not-evaluated).

                  abscope calc recist lesions.csv
                  abscope calc recist lesions.csv --json
                """
            )
        case .calcSurvival:
            (
                "Survival by Kaplan and Meier, with the median and its limits of 95 %.",
                """
                The event column holds 1 and 0; what other codes mean is said, never guessed.

                  abscope calc survival lung.csv --time time --event status --at-days 365
                  abscope calc survival lung.csv --time time --event status --event-value 2 --by sex
                """
            )
        case .conflicts: ("Values that several sites changed at the same time.", "  abscope conflicts list")
        case .conflictsList: ("List what is in conflict.", "  abscope conflicts list\n  abscope conflicts list --json")
        case .conflictsShow:
            ("Show every value of a conflict: who, when and where.", "  abscope conflicts show GY-1342R")
        case .conflictsResolve:
            (
                "Decide which value holds.",
                """
                The value is chosen by its number in conflicts show. The others stay in the history.

                  abscope conflicts resolve GY-1342R --field stage --take 2 --reason "MDT of 2026-11-20"
                """
            )
        case .import: ("Records from files.", "  abscope import csv cases.csv --mapping mapping.json --dry-run")
        case .importCSV:
            (
                "Import cases from a CSV file.",
                """
                The mapping is a JSON file that names the columns (docs/import.md). A bad line is named with line and \
                column, and then nothing is imported, unless --partial. Every entry names the batch and its line. Ctrl-C \
                stops between two commits; what was recorded stays.

                  abscope import csv cases.csv --mapping mapping.json --dry-run
                  abscope import csv cases.csv --mapping mapping.json
                """
            )
        case .export: ("Records into files.", "  abscope export csv result results.csv --dictionary columns.csv")
        case .exportCSV:
            (
                "Export every record of a kind to a CSV file.",
                """
                One row for each record, retracted ones too, and one column for each part of a field. What identifies a \
                person is never in it, but notes are, as they were typed. The file is not encrypted, and a file that is \
                there is never overwritten.

                  abscope export csv result results.csv --dictionary columns.csv
                  abscope export csv given given.csv
                """
            )
        case .site: ("The sites that share records.", "  abscope site list\n  abscope site request --role clinic")
        case .siteRequest:
            (
                "Make the request with which this site asks to be admitted.",
                """
                It holds both public keys and is not secret. Read the words of the fingerprint to the administrator \
                by voice.

                  abscope site request --role clinic --output gy.request
                  abscope site request --role hub --address hub.example.org:7117
                """
            )
        case .siteAdmit:
            (
                "Admit a site to the registry; prints its invitation.",
                """
                Compare the words of the fingerprint with the other site by voice before you confirm. The invitation is \
                not secret and works for that site only. A site gets new keys by a new store and --continues: its alias, records \
                and case numbers stay. Let its old store be in sync before.

                  abscope site admit gy.request --output gy.invitation
                  abscope site admit gy.request --reads HUB --reads GY
                  abscope site admit gy.request --continues GY
                """
            )
        case .siteJoin:
            (
                "Join the registry that admitted this site.",
                """
                Joining again with the same invitation replaces the addresses that --address gave.

                  abscope site join gy.invitation
                  abscope site join gy.invitation --address 10.0.0.5:7117
                  abscope site join - < gy.invitation
                """
            )
        case .siteList: ("List the sites of the registry.", "  abscope site list\n  abscope site list --json")
        case .siteHoldings:
            (
                "What of a site's entries is held where, as far as other sites said.",
                """
                Ends with 1 when another site holds entries that are not here, or another history. Before a site is \
                revoked all of it should be here, for nothing beyond counts afterwards.

                  abscope site holdings CL
                  abscope site holdings CL --json
                """
            )
        case .siteRevoke:
            (
                "Revoke a site's key for ever.",
                """
                For the administrator, when a computer is lost or a site leaves. Every site closes its connections with the \
                revoked one and takes of its entries what stands here now, and nothing more. --output writes the cut-offs \
                down for the revoked site, should it still be there. Called again, it raises them to what stands here.

                  abscope site revoke GY --reason "laptop stolen" --output gy.cut-offs
                  abscope site revoke GY --reason "left the registry" --dry-run
                """
            )
        case .siteSalvage:
            (
                "List what a revoked site recorded beyond its cut-off.",
                """
                To be read by a person and entered again where it is right: nothing of it is ever merged. At the revoked \
                site itself with the administrator's cut-offs; at others with what they hold. The list holds names.

                  abscope site salvage GY --output gy.salvage
                  abscope site salvage --cut-offs gy.cut-offs --output gy.salvage
                """
            )
        case .siteChange:
            (
                "Change what the roster says of a site: whom it reads, addresses, role.",
                """
                For the administrator. What is not given stays. A hub reads all sites, whatever is said here.

                  abscope site change GY --reads HUB --reads TH
                  abscope site change GY --reads-all
                  abscope site change HUB --address hub.example.org:7117
                """
            )
        case .siteHandover:
            (
                "Make another site the administrator of the registry.",
                """
                For the administrator. The other site has to be a member. Once it has heard of it, it alone writes the \
                roster. The recovery key on paper stays as it is.

                  abscope site handover TH
                  abscope site handover TH --yes TH
                """
            )
        case .siteRecover:
            (
                "Become the administrator with the recovery key on paper.",
                """
                For a member, when the administrator's site is lost or does what it should not. The key is asked for, or \
                read from standard input as "key: ...", never given as an argument.

                  abscope site recover
                  abscope site recover --dry-run
                """
            )
        case .sync:
            ("Carrying records between sites.", "  abscope sync status\n  abscope sync plan\n  abscope sync now")
        case .syncPlan:
            (
                "What is left to move, how long that takes and what it costs, before anybody is dialled.",
                """
                For each site: entries and bytes both ways, as far as it is known what is held there; the time at the rate \
                last measured, or at --rate, closed windows and spent budgets included; the cost where the settings of \
                the daemon name one; and what a bundle would weigh where it will not be done in time.

                  abscope sync plan
                  abscope sync plan --site HUB --rate 4k
                """
            )
        case .syncStatus:
            (
                "Who is in sync, who is behind, and how old each statement is.",
                """
                The daemon answers. When it does not run, this says so (exit status 69) and shows what is known from \
                the store alone. The exit status is 1 when a person should act: an incident is open, a site turns \
                this one away because its key was revoked, a site was silent for 72 hours, entries were only here for \
                24, or a clock is 5 minutes off.

                  abscope sync status
                  abscope sync status --fleet
                  abscope sync status --silent-hours 12 --clock-minutes 0
                """
            )
        case .bundle:
            (
                "What other sites lack, as a file: by stick, card or mail.",
                "  abscope bundle export --for MV /media/stick/for-mv.bundle\n"
                    + "  abscope bundle import /media/stick/for-gy.bundle"
            )
        case .bundleExport:
            (
                "Write a file for other sites, which only they can open.",
                """
                Holds what they are not known to have, the roster and urgent entries first, and says what is held here: \
                their next bundle for this site is small. What a site has is known from its last bundle; the first holds \
                everything. Never over a file that is there. Exit status 1 when not all is in it.

                To help a site that lost entries: with --everything, and --of for whose they are.

                  abscope bundle export --for MV /media/stick/for-mv.bundle
                  abscope bundle export --for MV --for GY --max-size 2G both.bundle
                  abscope bundle export --for MV --of MV --everything repair.bundle
                """
            )
        case .bundleInspect:
            (
                "Say what a bundle is and holds, taking nothing.",
                """
                Between whom it travels can be read by anybody; what is in it only at the sites it is for. Exit status 1 \
                when it was cut, is damaged, or is not signed by its sender.

                  abscope bundle inspect /media/stick/for-gy.bundle
                """
            )
        case .bundleImport:
            (
                "Take what a bundle for this site holds.",
                """
                Every entry is proven as if it had come over the network; importing twice changes nothing. Of a file that \
                was cut everything whole is taken. Exit status 1 when something was missing, damaged or not taken, or what \
                the sender holds could not be written down.

                  abscope bundle import /media/stick/for-gy.bundle
                """
            )
        case .syncNow:
            ("Ask the daemon to contact the other sites now.", "  abscope sync now\n  abscope sync now --site HUB")
        case .log: ("The append-only log beneath the records.", "  abscope log stats\n  abscope log verify")
        case .logStats:
            (
                "Feeds, segments, entries, bytes, compression and growth.",
                "  abscope log stats\n  abscope log stats --json"
            )
        case .logVerify:
            (
                "Prove the whole store: every entry against its chain and checkpoints, and every other file.",
                """
                Changes nothing, and may run while others record. Exit status 3 when acknowledged bytes are missing or \
                different, 1 when there is something to know, such as a leftover file.

                  abscope log verify
                  abscope log verify --json
                """
            )
        case .logShow:
            (
                "Show an entry as it lies in the log.",
                "  abscope log show GY.2.17-3fa97c21\n  abscope log show GY.2.17 --count 5"
            )
        case .logSeal: ("Compress closed segments now.", "  abscope log seal\n  abscope log seal --active")
        case .logRepair:
            (
                "Bring back what is damaged or missing.",
                """
                Fetches the entries that log verify names from another site (its alias; the daemon has to run), a bundle, a \
                backup (the paper is not needed) or a copy of this store, and proves them by the chain; damaged files go to quarantine, \
                nothing is overwritten. What nobody holds can be taken for lost, which is recorded and removes nothing. \
                Without --from and --accept-loss it mends what needs no copy and closes what is settled.

                Where there is no network, ask the other site on the telephone for a bundle: let it run \
                "abscope bundle export --for SITE --of OWNER --everything FILE", SITE being the alias of this site and OWNER \
                that of the site whose entries are lost.

                  abscope log repair --from HUB
                  abscope log repair --from /media/stick/repair.bundle
                  abscope log repair --from /media/stick/abscope
                  abscope log repair --accept-loss --reason "disk broken, no copy"
                """
            )
        case .quarantine:
            (
                "What was set aside: bytes that are not believed and not thrown away.",
                "  abscope log quarantine list\n  abscope log quarantine export --to /tmp/q"
            )
        case .quarantineList: ("List what is in quarantine.", "  abscope log quarantine list")
        case .quarantineExport:
            ("Copy files out of quarantine.", "  abscope log quarantine export --to /tmp/q")
        case .quarantineDiscard:
            (
                "Remove files from quarantine for good.",
                "  abscope log quarantine discard 3fa97c2111223344\n  abscope log quarantine discard --yes 2"
            )
        case .incident:
            (
                "Damage, new epochs, and what else a person has to know of the store.",
                "  abscope incident list\n  abscope incident close 3fa97c21 --reason \"disk replaced\""
            )
        case .incidentList: ("List open incidents.", "  abscope incident list\n  abscope incident list --all")
        case .incidentShow: ("Show an incident.", "  abscope incident show 3fa97c21")
        case .incidentClose:
            (
                "Close an incident, so that commands no longer repeat it.",
                """
                It is kept with who closed it, when and why. Damage closes by itself when it is repaired.

                  abscope incident close 3fa97c21 --reason "disk replaced"
                """
            )
        case .doctor:
            (
                "Look at the store and the machine beneath it, and say what to do.",
                """
                Disk space, encryption and kind of the disk, owners and permissions, clock, key, locks, view, quarantine, \
                incidents, epochs, daemon, leftovers. Changes nothing and reads no entry's content; log verify proves the \
                log itself. Exit status 0 all fine, 1 advice, 3 damage.

                  abscope doctor
                  abscope doctor --json
                """
            )
        case .view: ("The read model, derived from the log.", "  abscope view rebuild")
        case .viewRebuild:
            (
                "Build the read model anew from the log.",
                "Safe at any time: nothing is kept there that is not in the log.\n\n  abscope view rebuild"
            )
        case .store: ("The store's files as a whole.", "  abscope store upgrade --dry-run\n  abscope store upgrade")
        case .storeUpgrade:
            (
                "Bring a store of an earlier format to this version's.",
                """
                End the daemon and every other program that uses the store first; with one at work it is refused, status \
                75. Nothing that is recorded changes. Interrupted, by a power cut too, it is run again and goes on; it \
                needs room for one segment file, about 8 MiB. Earlier versions can not open the store afterwards.

                  abscope store upgrade --dry-run
                  abscope store upgrade
                """
            )
        case .attach:
            (
                "Attach a file to a case: a scanned form, a planning PDF.",
                """
                The file, its name and its title are encrypted with the key of the person. At most 256 MiB. When this is \
                interrupted nothing is shown of it; run it again, and it goes on where it was.

                  abscope attach GY-1342R consent.pdf --title "signed consent"
                """
            )
        case .attachment: ("Files of a case.", "  abscope attachment list GY-1342R")
        case .attachmentList:
            ("List the files of a case, and which have arrived here.", "  abscope attachment list GY-1342R --json")
        case .attachmentExport:
            (
                "Write an attached file to a new file.",
                """
                The copy is no longer encrypted. A file that exists is never written over, and nothing is written unless \
                every part is there and right.

                  abscope attachment export GY.2.31-3fa97c21 consent.pdf
                """
            )
        case .backup:
            (
                "Copy the store into a folder, encrypted, while work goes on.",
                """
                The first time, make a key and write it on paper; without it nobody can restore a backup. Repeat the \
                backup into the same folder: only what is new is copied. It is read back and proven, and an earlier \
                backup stays usable until the new one is complete.

                  abscope backup --new-key
                  abscope backup /media/stick/abscope
                  abscope backup /media/stick/abscope --verify-all
                """
            )
        case .restore:
            (
                "Make a store from a backup, with the key on paper.",
                """
                Into a new folder only. Needs the backup and its key and nothing else, on this machine or another. The \
                store goes on in a new epoch; what it had recorded after the backup comes back from other sites as far \
                as they hold it. In a pipe the key is a line of standard input, "key: …".

                  abscope restore /media/stick/abscope ~/.abscope
                """
            )
        }
    }
}
