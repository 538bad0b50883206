import ArgumentParser

/// `abscope store`.
struct Store: ParsableCommand {
    static let configuration = CommandConfiguration("store", .store, subcommands: [StoreUpgrade.self])
}
