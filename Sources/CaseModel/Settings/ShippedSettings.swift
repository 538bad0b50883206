/// Settings that come with the program. None is in force before somebody at the site approved it.
package enum ShippedSettings {
    package static let all: [Setting] = [
        PackageResources.stage_iv_primary_json, PackageResources.consolidation_json,
        PackageResources.radiotherapy_with_immunotherapy_json, PackageResources.bone_metastases_json,
        PackageResources.oligometastatic_json, PackageResources.durvalumab_json, PackageResources.pembrolizumab_json,
        PackageResources.atezolizumab_json,
    ].map { bytes in
        do throws(RecordError) {
            return try Setting(parsing: bytes)
        } catch {
            preconditionFailure("a setting of the program: \(error)")
        }
    }
}
