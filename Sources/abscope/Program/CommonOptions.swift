import ArgumentParser

/// What every command that opens a store takes.
struct CommonOptions: ParsableArguments {
    @Option(name: .long, help: .option(.store), completion: .directory)
    var store: String?

    @Flag(name: .long, help: .option(.json))
    var json = false
}

/// What every command that records takes.
struct WriteOptions: ParsableArguments {
    @Option(name: .customLong("operator"), help: .option(.operator))
    var operatorName: String?

    @Flag(name: .long, help: .option(.dryRun))
    var dryRun = false
}
