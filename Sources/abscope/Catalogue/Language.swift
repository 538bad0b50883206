/// A language Abscope speaks to people.
///
/// Everything for people is a case of ``Message`` (sentences), ``Question``, ``Term`` (heads and labels), ``CalcField``, ``CommandHelp`` or
/// ``OptionHelp`` (`--help`). To add a language, add a case here and let the compiler name the tables it lacks: each
/// is one `switch` over every case of one of the five, beside `Catalogue/English`. What programs read (options, keys,
/// members of JSON, exit statuses) is the same in every language.
enum Language: String, CaseIterable, Sendable {
    case english = "en"

    /// The first of ABSCOPE_LANGUAGE, LC_ALL, LC_MESSAGES and LANG that names a language Abscope speaks, else English.
    static let current = chosen(from: ["ABSCOPE_LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG"].map(Surrounding.variable))

    /// `names`: locale names such as `zh_CN.UTF-8`, in order of preference.
    static func chosen(from names: [String?]) -> Language {
        for name in names {
            guard let name, !name.isEmpty else { continue }
            let code = name.prefix { $0.isLetter }.lowercased()
            if let language = Language(rawValue: code) { return language }
        }
        return .english
    }
}

/// Text for people, in one language or another.
protocol CatalogueText {
    func text(in language: Language) -> String
}

/// The text in the language of this process.
func say(_ text: Message) -> String { text.text(in: .current) }
func say(_ text: Question) -> String { text.text(in: .current) }
func say(_ text: Term) -> String { text.text(in: .current) }
func say(_ text: CalcField) -> String { text.text(in: .current) }
func say(_ text: CommandHelp) -> String { text.text(in: .current) }
func say(_ text: OptionHelp) -> String { text.text(in: .current) }
