import ArgumentParser

/// `abscope event retract`.
struct EventRetract: RetractCommand {
    static let configuration = CommandConfiguration("retract", .eventRetract)
    static let noun = "event"

    @OptionGroup var options: RetractOptions
}
