package import Schema

/// The few codes rules act on, in our own system `abscope`. Everything else is a dictionary entry or plain words.
package enum Vocabulary {
    package static let system = "abscope"

    package enum OrderState: String, CaseIterable, Sendable {
        case active, held, resumed, completed, stopped

        /// Whether more may be given for it.
        package var isOpen: Bool {
            switch self {
            case .active, .held, .resumed: true
            case .completed, .stopped: false
            }
        }
    }

    package enum VitalStatus: String, CaseIterable, Sendable {
        case alive, deceased, lost
    }

    package enum Participation: String, CaseIterable, Sendable {
        case active, completed, withdrawn
    }

    package enum EventType: String, CaseIterable, Sendable {
        case adverseEvent = "adverse-event"
        case progression, death
        /// Of bone: a fracture, compression of the cord, radiotherapy or surgery of bone.
        case skeletal
        case procedure
        /// Of a board of several disciplines.
        case decision
        /// Heard of, alive.
        case contact
        /// From a protocol.
        case deviation
    }

    package enum EventOutcome: String, CaseIterable, Sendable {
        case resolved, resolving, ongoing
        case resolvedWithSequelae = "resolved-with-sequelae"
        case fatal, unknown

        /// Nothing is left to follow up.
        package var isFinal: Bool {
            switch self {
            case .resolved, .resolvedWithSequelae, .fatal: true
            case .resolving, .ongoing, .unknown: false
            }
        }
    }

    package enum Question: String, CaseIterable, Sendable {
        case allergy, consent
        case suspectedCause = "suspected-cause"
        case priorTherapy = "prior-therapy"
    }

    /// What was seen of a lesion that has no number of millimetres.
    package enum LesionSight: String, CaseIterable, Sendable {
        case present, absent
        /// There, and too small to measure: counts as 5 mm.
        case tooSmall = "too-small"
        /// Unequivocal growth of what is not measured.
        case progression
        case notEvaluated = "not-evaluated"
    }

    /// How a course of radiotherapy reached a lesion.
    package enum LesionExposure: String, CaseIterable, Sendable {
        case target
        case inField = "in-field"
        case lowDose = "low-dose"
        /// Not at all.
        case outside = "none"
        case unknown
    }

    /// What a bone lesion looks like.
    package enum BoneAppearance: String, CaseIterable, Sendable {
        case lytic, blastic, mixed
    }

    /// Analytes a rule acts on.
    package static let pregnancyTest = "pregnancy-test"
    package static let lesionSize = Coded(system: system, code: "lesion-size", display: "lesion size")
    package static let lesionExposure = Coded(system: system, code: "lesion-exposure", display: "lesion exposure")
    package static let positive = "positive"

    /// What was looked for, in words: the code where a rule acts on it, else the words.
    package static func analyte(words: String) -> Coded {
        slug(words) == pregnancyTest ? Coded(system: system, code: pregnancyTest, display: words) : Coded(words: words)
    }

    /// What was found, in words, of something a rule acts on.
    package static func finding(words: String, of analyte: Coded) -> Coded {
        guard analyte.isCode(pregnancyTest, of: system), slug(words) == positive else { return Coded(words: words) }
        return Coded(system: system, code: positive, display: words)
    }

    /// What is asked, in words: the code where a rule acts on it, else the words.
    package static func question(words: String) -> Coded {
        Question(rawValue: slug(words)).map(coded) ?? Coded(words: words)
    }

    /// How an event went on, in words: the code where a rule acts on it, else the words.
    package static func outcome(words: String) -> Coded {
        EventOutcome(rawValue: slug(words)).map(coded) ?? Coded(words: words)
    }

    /// Words as codes are written: `pregnancy-test`.
    private static func slug(_ words: String) -> String {
        TypedText.folded(words).lowercased().split(whereSeparator: { " -_".contains($0) }).joined(separator: "-")
    }

    /// The coded value of one of the lists above.
    package static func coded<Term: RawRepresentable<String>>(_ term: Term) -> Coded {
        Coded(system: system, code: term.rawValue, display: term.rawValue.split(separator: "-").joined(separator: " "))
    }

    /// The term a coded value names; nil for words and codes of other systems.
    package static func term<Term: RawRepresentable<String>>(_ coded: Coded, as: Term.Type = Term.self) -> Term? {
        coded.system == system ? Term(rawValue: coded.code) : nil
    }
}
