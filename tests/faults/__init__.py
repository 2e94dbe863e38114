"""Small models that once came out wrong, one a file; tests/test_faults_*.py have the right value of each."""
