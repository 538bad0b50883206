import ArgumentParser

/// The command line of Abscope: `abscope NOUN VERB`.
struct Abscope: ParsableCommand {
    /// The version of this program, as entries name it.
    static let version = "0.1.0"

    /// How entries name the program that wrote them.
    static let program = "abscope " + version

    static let configuration = CommandConfiguration(
        "abscope",
        .abscope,
        subcommands: [
            Initialize.self, OperatorCommand.self, CaseCommand.self, PersonCommand.self, CourseCommand.self,
            FractionCommand.self, DrugCommand.self, AdverseEventCommand.self, EventCommand.self, ResultCommand.self,
            LesionCommand.self, AssessmentCommand.self, ScreenCommand.self, ReportCommand.self, AuditCommand.self,
            ProtocolCommand.self,
            RulesCommand.self,
            StatementCommand.self,
            Attach.self, AttachmentCommand.self, TodayCommand.self, ConflictsCommand.self, ImportCommand.self,
            ExportCommand.self,
            SiteCommand.self, SyncCommand.self, BundleCommand.self, LogCommand.self,
            CalcCommand.self, IncidentCommand.self, ViewCommand.self, Backup.self, Restore.self, Store.self,
            Doctor.self,
        ],
        version: version
    )
}
