// module CaseStore
