import ArgumentParser

/// `abscope calc`.
struct CalcCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        "calc",
        .calc,
        subcommands: [
            CalcDose.self, CalcStage.self, CalcSchedule.self, CalcWindow.self, CalcCarboplatin.self,
            CalcBodySurface.self,
            CalcCreatinineClearance.self, CalcCTCAE.self, CalcRecist.self, CalcSurvival.self,
        ]
    )
}

/// What every command that only computes takes.
struct CalcOptions: ParsableArguments {
    @Flag(name: .long, help: .option(.json))
    var json = false
}

/// A command that reads no store: it computes from its arguments, and repeats them.
protocol Calculation: ParsableCommand {
    var common: CalcOptions { get }

    /// Computes.
    func answer() throws -> CalcAnswer
}

extension Calculation {
    func run() throws {
        let console = Console(isJSON: common.json)
        let answer = try answer()
        answer.show(on: console)
        try console.flush()
        if !answer.isDecided { throw Ending(status: .findings) }
    }
}
