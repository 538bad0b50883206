/// The values a command needs, wherever they come from: an option, a line of standard input, or an answer to a question.
struct Form {
    struct Field {

        /// As in `key: value`; the option of the same name is `--key`.
        var key: String
        /// Asked on a terminal; nil for what is never asked for.
        var question: Question?
        /// What an option said.
        var given: String?
        var isRequired: Bool

        init(_ key: String, _ given: String? = nil, asks question: Question? = nil, isRequired: Bool = false) {
            self.key = key
            self.given = given
            self.question = question
            self.isRequired = isRequired
        }
    }

    /// Whether lines are read from standard input when it is not a terminal.
    enum Reading {
        case lines
        /// Standard input is left alone.
        case nothing
    }

    private var values: [String: String] = [:]

    /// Gathers the values: on a terminal what is missing is asked for, in a pipe it is read, and what is still missing
    /// and required is an error that names it.
    ///
    /// - Throws: 64 naming the missing values; 65 for what is wrong with a line.
    init(_ fields: [Field], reading: Reading = .lines, from input: StandardInput) throws {
        for field in fields {
            if let given = field.given?.trimmed, !given.isEmpty { values[field.key] = given }
        }
        if input.isInteractive {
            for field in fields where values[field.key] == nil {
                guard let question = field.question else { continue }
                repeat {
                    values[field.key] = try input.ask(question)
                } while field.isRequired && values[field.key] == nil
            }
        } else if reading == .lines {
            let lines = try KeyValueLines(parsing: try input.text(), keys: fields.map(\.key))
            for field in fields {
                guard let value = lines[field.key] else { continue }
                guard values[field.key] == nil else { throw Failure(.usage, .givenTwice(field.key)) }
                values[field.key] = value
            }
        }
        let missing = fields.filter { $0.isRequired && values[$0.key] == nil }.map(\.key)
        guard missing.isEmpty else {
            throw Failure(
                .usage,
                .missingValues(missing),
                remedy: reading == .lines ? .missingRemedy : .missingOptionRemedy(missing)
            )
        }
    }

    subscript(key: String) -> String? { values[key] }

    /// A required value.
    func value(_ key: String) -> String {
        guard let value = values[key] else { preconditionFailure("\(key) is not a required field of this form") }
        return value
    }

    /// True when any of these was given.
    func has(_ keys: String...) -> Bool { keys.contains { values[$0] != nil } }
}
