package import Schema

/// A lesion of a case as it is shown here.
package struct Lesion: Hashable, Sendable {
    package var record: RecordID
    package var body: LesionBody
    /// Whether nothing of it is in conflict, pending or disputed.
    package var isSettled: Bool

    /// nil for another kind, and what was retracted.
    package init?(_ state: RecordState) {
        guard state.kind == .lesion, state.standing != .retracted else { return nil }
        record = state.id
        body = state.displayedBody(LesionBody.self).body
        isSettled = state.isSettled
    }

    /// Within the case; nil while no number is known.
    package var number: UInt32? { body.hasNumber ? body.number : nil }
}

extension Lesion {
    /// What speaks for radiotherapy of a lesion of bone. treatment-facts.md, source 004, B1 to B6.
    package enum Indication: String, Hashable, Sendable, CaseIterable {
        case limitingPain = "B1"
        case fractureRisk = "B2"
        case criticalSite = "B3"
        case progression = "B4"
        case softTissueMass = "B5"
        case osteolysis = "B6"

        /// Whether it is one by itself; else it is to be considered, with systemic treatment.
        package var isStrong: Bool {
            switch self {
            case .limitingPain, .fractureRisk, .criticalSite: true
            case .progression, .softTissueMass, .osteolysis: false
            }
        }
    }

    /// What was found of ``Indication``; what nobody looked at is none.
    package var indications: [Indication] {
        let bone = body.bone
        let appearance = Vocabulary.term(bone.appearance, as: Vocabulary.BoneAppearance.self)
        let isDestroyed = appearance == .lytic || appearance == .mixed || bone.fracture == .yes
        return Indication.allCases.filter { indication in
            switch indication {
            case .limitingPain: bone.limitingPain == .yes
            case .fractureRisk: bone.weightBearing == .yes && isDestroyed
            case .criticalSite: bone.criticalSite == .yes
            case .progression: bone.progressive == .yes
            case .softTissueMass: bone.softTissueMass == .yes
            case .osteolysis: appearance == .lytic
            }
        }
    }
}
