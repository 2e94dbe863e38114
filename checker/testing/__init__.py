"""Models as tests of pytest: files of cases are collected, marks of test functions are checked."""
