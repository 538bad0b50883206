import CaseModel

/// What is said with an export, and in its data dictionary.
enum ExportMessage {
    case rows(Int, String, size: String), dictionary(String)
    case leadingColumn(ExportSheet.Leading), meaning(ExportedKind, String)
}
