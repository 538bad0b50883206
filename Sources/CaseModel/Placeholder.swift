// module CaseModel
