"""What audits the tests and the files: mutants, fuzzing, kills, failing disks."""
