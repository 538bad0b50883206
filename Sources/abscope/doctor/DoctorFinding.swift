/// One thing `doctor` has looked at.
struct DoctorFinding {
    enum Weight: String, Comparable {
        case fine
        /// It can not be told from here, and that is said.
        case unknown
        case advice
        case damage

        private var rank: Int {
            switch self {
            case .fine: 0
            case .unknown: 1
            case .advice: 2
            case .damage: 3
            }
        }

        static func < (left: Weight, right: Weight) -> Bool { left.rank < right.rank }
    }

    /// What was looked at, as JSON names it.
    enum Subject: String {
        case space, encryption, volume, permissions, clock, key, locks, view, keys, quarantine, incidents, epochs,
            daemon,
            leftovers, log
    }

    var subject: Subject
    var weight: Weight
    /// How it is.
    var text: Message
    /// What to do about it; nil when there is nothing to do.
    var remedy: Message?

    init(_ subject: Subject, _ weight: Weight, _ text: Message, remedy: Message? = nil) {
        self.subject = subject
        self.weight = weight
        self.text = text
        self.remedy = remedy
    }

    init(_ subject: Subject, _ weight: Weight, _ text: DoctorMessage, remedy: DoctorMessage? = nil) {
        self.init(subject, weight, .doctor(text), remedy: remedy.map { .doctor($0) })
    }

    var json: JSON {
        var members: [(String, JSON)] = [
            ("subject", .string(subject.rawValue)), ("weight", .string(weight.rawValue)), ("text", .string(say(text))),
        ]
        if let remedy { members.append(("remedy", .string(say(remedy)))) }
        return .object(members)
    }
}
