SELECT onus_empty_commit_checks()
