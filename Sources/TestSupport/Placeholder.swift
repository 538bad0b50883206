// module TestSupport
