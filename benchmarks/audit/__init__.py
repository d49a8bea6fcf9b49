"""Audits of the tests and of the file formats: mutants, fuzzing, killed trainings, failing disks."""
