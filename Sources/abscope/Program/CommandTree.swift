import ArgumentParser

/// The commands by their names, for what has to be known before arguments are parsed.
enum CommandTree {
    /// Options that may also stand before the command: they hold for every command.
    private static let common: [(name: String, takesValue: Bool)] = [
        ("--store", true), ("--operator", true), ("--json", false), ("--dry-run", false),
    ]

    /// Arguments as the parser wants them: common options behind the command's name.
    ///
    /// - Throws: 64 with what may have been meant when there is no such command.
    static func arranged(_ arguments: [String]) throws -> [String] {
        var rest = arguments[...]
        var moved: [String] = []
        while let first = rest.first,
            let option = common.first(where: { first == $0.name || first.hasPrefix($0.name + "=") })
        {
            moved.append(rest.removeFirst())
            if option.takesValue, first == option.name, let value = rest.popFirst() { moved.append(value) }
        }
        var path: [String] = []
        var command: any ParsableCommand.Type = Abscope.self
        if rest.first == "help" { return Array(rest) }
        while !command.configuration.subcommands.isEmpty, let word = rest.first, !word.hasPrefix("-") {
            let names = command.configuration.subcommands.map { $0._commandName }
            guard let index = names.firstIndex(of: word) else {
                if word == "help" { break }
                throw unknown(word, after: path, names: names)
            }
            path.append(word)
            rest.removeFirst()
            command = command.configuration.subcommands[index]
        }
        return path + moved + rest
    }

    private static func unknown(_ word: String, after path: [String], names: [String]) -> Failure {
        let typed = (["abscope"] + path).joined(separator: " ")
        let near = Suggestion.nearest(to: word, among: names)
        return Failure(
            .usage,
            .unknownCommand(word, after: typed, near: near.map { "\(typed) \($0)" }),
            remedy: .knownCommands(names)
        )
    }
}
