"""tools/test-counts on the outputs that ctest gives: good, skipped, failed, crashed, missing."""
import os
import subprocess
import sys
import tempfile
import unittest

SOURCE = os.environ.get("OSTEONAV_SOURCE") or os.path.join(os.path.dirname(__file__), "..", "..")

GOOD = "[ RUN      ] a\n[       OK ] a\n[ RUN      ] b\n[       OK ] b\n[==========] 2 test(s) run.\n"
SKIP = ("[ RUN      ] a\n[  SKIPPED ] a\n[ RUN      ] b\n[       OK ] b\n[==========] 2 test(s) run.\n"
        "[  SKIPPED ] 1 test(s), listed below:\n[  SKIPPED ] a\n")
BAD = ("[ RUN      ] a\n[  ERROR   ] --- 0x1 != 0x2\n[  FAILED  ] a\n[ RUN      ] b\n[       OK ] b\n"
       "[==========] 2 test(s) run.\n[  FAILED  ] 1 test(s), listed below:\n[  FAILED  ] a\n")
DIED = "[ RUN      ] a\n[       OK ] a\n[ RUN      ] b\n"


def counts(*tests):
    junit, log = "<testsuite>", ""
    for number, (status, note, output) in enumerate(tests, 1):
        name = f"test{number}"
        junit += f'<testcase name="{name}" status="{status}">{note}</testcase>'
        log += f"{number}/9 Testing: {name}\n{number}/9 Test: {name}\nOutput:\n{output}<end of output>\n"
    with tempfile.TemporaryDirectory() as folder:
        paths = []
        for name, text in (("a.xml", junit + "</testsuite>"), ("a.log", log)):
            paths.append(os.path.join(folder, name))
            with open(paths[-1], "w", encoding="utf-8") as file:
                file.write(text)
        answer = subprocess.run([sys.executable, os.path.join(SOURCE, "tools", "test-counts"), *paths],
                                capture_output=True, text=True, check=True)
    return tuple(int(word) for word in answer.stdout.split())


class CountsTest(unittest.TestCase):
    def test_cases_are_counted(self):
        self.assertEqual(counts(("run", "", GOOD)), (2, 0, 0))
        self.assertEqual(counts(("run", "", SKIP)), (1, 0, 1))
        self.assertEqual(counts(("fail", "<failure/>", BAD)), (1, 1, 0))

    def test_a_program_without_cases_is_one(self):
        self.assertEqual(counts(("run", "", "hello\n"), ("fail", "<failure/>", "")), (1, 1, 0))

    def test_death_and_timeout_are_failures(self):
        self.assertEqual(counts(("fail", "<failure/>", DIED)), (1, 1, 0))

    def test_the_verdict_outranks_the_cases(self):
        self.assertEqual(counts(("fail", "<failure/>", GOOD)), (2, 1, 0))

    def test_a_missing_program_is_a_failure_not_a_skip(self):
        self.assertEqual(counts(("notrun", '<skipped message="Unable to find executable"/>', "")), (0, 1, 0))
        self.assertEqual(counts(("notrun", '<skipped message="SKIP_RETURN_CODE=77"/>', "")), (0, 0, 1))


if __name__ == "__main__":
    unittest.main()
