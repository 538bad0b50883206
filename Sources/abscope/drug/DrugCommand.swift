import ArgumentParser

/// `abscope drug`.
struct DrugCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        "drug",
        .drug,
        subcommands: [
            DrugAdd.self, DrugGive.self, DrugMiss.self, DrugReduce.self, DrugHold.self, DrugResume.self, DrugStop.self,
            DrugComplete.self, DrugShow.self, DrugList.self, DrugRetract.self,
        ]
    )
}
