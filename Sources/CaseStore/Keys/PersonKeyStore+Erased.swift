import CaseModel

extension PersonKeyStore {
    /// The change as this site shows it: as ``opened(_:)``, and what was sealed with a key that was destroyed here is
    /// erased.
    func readable(_ change: RecordChange) throws -> RecordChange {
        let opened = try opened(change)
        guard let sealed = opened.sealed, !opened.isOpened, try !destroyed(among: [sealed.keyID]).isEmpty else {
            return opened
        }
        return opened.erased()
    }
}
