"""Every rule of tools/lint fires on a small tree that breaks it, and on nothing else."""
import importlib.machinery
import importlib.util
import os
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

SOURCE = os.environ.get("OSTEONAV_SOURCE") or os.path.join(os.path.dirname(__file__), "..", "..")
LINT = os.path.join(SOURCE, "tools", "lint")

# The lint as a module, so that a hundred small trees do not need a hundred processes.
sys.dont_write_bytecode = True
loader = importlib.machinery.SourceFileLoader("lint", LINT)
lint = importlib.util.module_from_spec(importlib.util.spec_from_loader("lint", loader))
loader.exec_module(lint)

SLOW = {"format", "shellcheck"}  # start other programs

CLEAN = {
    "README.md": "See [the map](docs/map.md) and [elsewhere](https://example.org).\n",
    "docs/map.md": "A map.\n",
    "tracking/nav/pose.h": "/* A pose. Thread: any. */\n#ifndef NAV_POSE_H\n#define NAV_POSE_H\n\n"
                           "#include <stdint.h>\n\nint nav_pose_good(int pose);\n\n#endif\n",
    "tracking/gate.c": '#include "nav/pose.h"\n\n#include <math.h>\n\n'
                       "/* sprintf( in a comment and \"exit(\" in a string are nobody's harm. */\n"
                       'const char *trk_word = "sleep(1), atoi(x)";\n',
    "server/ingest.h": "/* Ingest. Thread: loop. */\n#ifndef SRV_INGEST_H\n#define SRV_INGEST_H\n\n#endif\n",
    "server/ingest.c": '#include "ingest.h"\n\n#include <uv.h>\n\n#include "nav/pose.h"\n',
    "render/overlay.h": "/* Overlay. */\n#ifndef RND_OVERLAY_H\n#define RND_OVERLAY_H\n\n#endif\n",
    "render/vtk/model.cpp": "#include <vtkPolyData.h>\n",
    "config/case.c": "#include <cyaml/cyaml.h>\n",
    "tools/cli/osteonav.c": "#include <stdlib.h>\n\nint main(void)\n{\n    exit(0);\n}\n",
    "tracking/CMakeLists.txt": "add_library(nav pose.c)\nadd_library(tracking gate.c)\n"
                               "target_link_libraries(tracking PUBLIC nav)\n",
    "server/CMakeLists.txt": "add_library(wire wire.c)\nadd_library(server ingest.c)\n"
                             "target_link_libraries(server PUBLIC tracking wire nav m)  # config\n",
    "config/CMakeLists.txt": "add_library(config case.c)\ntarget_link_libraries(config PUBLIC nav)\n",
    "render/CMakeLists.txt": "add_library(render overlay.c)\ntarget_link_libraries(render PUBLIC nav)\n",
    "tools/cli/verb_list.h": 'VERB(run, "run", "runs")\n',
    "tools/go": "#!/usr/bin/env bash\nset -eu\necho \"$1\"\n",
}


def write(root, path, content):
    full = os.path.join(root, path)
    os.makedirs(os.path.dirname(full), exist_ok=True)
    with open(full, "wb") as file:
        file.write(content if isinstance(content, bytes) else content.encode())
    return full


def run(root, *arguments):
    answer = subprocess.run([sys.executable, LINT, "--root", root, *arguments],
                            capture_output=True, text=True, check=False)
    return answer.returncode, answer.stdout, answer.stderr


def fired(output):
    return sorted(set(re.findall(r"^\S+:\d+: ([\w-]+): ", output, re.MULTILINE)))


class LintTest(unittest.TestCase):
    proven = set()

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = folder.name
        shutil.copy(os.path.join(SOURCE, ".clang-format"), self.root)
        for path, content in CLEAN.items():
            write(self.root, path, content)

    def findings(self, *slow, build="none"):
        names = [name for name in lint.RULES if name not in SLOW or name in slow]
        return lint.check(self.root, os.path.join(self.root, build), names).findings

    def fires(self, rule, build="none"):
        found = self.findings(rule, build=build)
        self.assertEqual({finding[2] for finding in found}, {rule}, found)
        LintTest.proven.add(rule)
        return found

    def breaks(self, rule, path, content, at=None):
        """Adding `content` as `path` to the clean tree gives findings of `rule` alone."""
        if isinstance(content, str) and path in CLEAN:
            content = CLEAN[path] + content
        full = write(self.root, path, content)
        places = {finding[:2] for finding in self.fires(rule)}
        if at is not None:
            self.assertEqual(places, {(path, at)})
        os.unlink(full)
        if path in CLEAN:
            write(self.root, path, CLEAN[path])

    def test_the_program_on_a_clean_tree_and_on_a_broken_one(self):
        code, out, err = run(self.root)
        self.assertEqual((fired(out), code), ([], 0), out + err)
        write(self.root, "docs/a.md", "TODO\n")
        code, out, err = run(self.root)
        self.assertEqual((fired(out), code), (["unfinished"], 1), out + err)

    def test_layer(self):
        self.breaks("layer", "server/draw.c", '#include "overlay.h"\n', at=1)
        self.breaks("layer", "render/peer.c", '#include "ingest.h"\n')
        self.breaks("layer", "tracking/up.c", '#include "server/ingest.h"\n')
        self.breaks("layer", "tracking/nav/up.c", '#include "../../server/ingest.h"\n')

    def test_library(self):
        for path, name in (("tracking/a.c", "uv.h"), ("render/a.c", "uv.h"),
                           ("server/a.c", "igtl_header.h"), ("server/a.c", "GLFW/glfw3.h"),
                           ("server/a.c", "EGL/egl.h"), ("render/a.cpp", "vtkActor.h"),
                           ("tools/a.cpp", "opencv2/core.hpp"), ("tracking/a.c", "netinet/in.h"),
                           ("server/a.c", "cyaml/cyaml.h"), ("render/a.c", "sqlite3.h"),
                           ("server/a.c", "embree3/rtcore.h"), ("config/a.c", "lapacke.h"),
                           ("tracking/a.c", "jansson.h"), ("server/a.c", "cairo/cairo.h"),
                           ("render/a.c", "openssl/sha.h")):
            self.breaks("library", path, f"#include <{name}>\n", at=1)

    def test_nav_libc(self):
        self.breaks("nav-libc", "tracking/nav/a.c", "#include <zlib.h>\n")
        self.breaks("nav-libc", "tracking/nav/a.c", "#include <pthread.h>\n")

    def test_pure_tracking(self):
        for name in ("time.h", "pthread.h", "unistd.h", "sys/stat.h"):
            self.breaks("pure-tracking", "tracking/a.c", f"#include <{name}>\n")
        self.breaks("pure-tracking", "tracking/a.c", "int a(void)\n{\n    return nav_clock_now();\n}\n", at=3)
        for call in ('getenv("A") != 0', 'fopen("A", "r") != 0', "clock_gettime(0, 0)"):
            self.breaks("pure-tracking", "tracking/a.c", f"int a(void)\n{{\n    return {call};\n}}\n")

    def test_link_line(self):
        for room, line in (("render", "target_link_libraries(render PRIVATE server)"),
                           ("render", "target_link_libraries(render PUBLIC\n    nav tracking)"),
                           ("config", "target_link_libraries(config PUBLIC tracking)"),
                           ("server", "target_link_libraries(server PUBLIC config)"),
                           ("tracking", "target_link_libraries(nav PUBLIC tracking)")):
            self.breaks("link-line", f"{room}/CMakeLists.txt", line + "\n")

    def test_link_core(self):
        # A shared object that needs a library with a graphics name, read by the real ldd.
        build = os.path.join(self.root, "..", os.path.basename(self.root) + ".build")
        library = write(build, "empty.c", "int vtk_empty;\n")
        self.addCleanup(subprocess.run, ["rm", "-rf", build], check=True)
        os.makedirs(os.path.join(build, "bin"))
        shared = os.path.join(build, "libvtkEmpty-9.1.so")
        subprocess.run(["cc", "-shared", "-fPIC", "-o", shared, library], check=True)
        program = write(build, "main.c", "extern int vtk_empty;\nint main(void) { return vtk_empty; }\n")
        subprocess.run(["cc", "-o", os.path.join(build, "bin", "osteonav"), program, shared,
                        f"-Wl,-rpath,{build}"], check=True)
        self.fires("link-core", build)

    def test_link_symbols(self):
        build = os.path.join(self.root, "..", os.path.basename(self.root) + ".build")
        self.addCleanup(subprocess.run, ["rm", "-rf", build], check=True)
        for room, call in (("tracking", "fopen"), ("tracking", "clock_gettime"), ("calibration", "time"), ("surface", "getenv"),
                           ("render_gl", "uv_run"), ("server", "rnd_draw"),
                           ("render", "srv_send"), ("nav", "socket"), ("wire", "time"), ("config", "trk_gate")):
            source = write(build, "a.c", f"int {call}();\nint a(void) {{ return {call}(); }}\n")
            subprocess.run(["cc", "-fno-builtin", "-c", "-o", source[:-2] + ".o", source], check=True)
            archive = os.path.join(build, f"lib{room}.a")
            subprocess.run(["ar", "rcs", archive, source[:-2] + ".o"], check=True)
            self.fires("link-symbols", build)
            os.unlink(archive)

    def test_banned_call(self):
        body = "void a(char *b, const char *c)\n{{\n    {};\n}}\n"
        for call in ("strcpy(b, c)", "strcat(b, c)", "sprintf(b, c)", "gets(b)", "atoi(c)", "system(c)",
                     "sleep(1)", "usleep(1)", "strtok(b, c)", "popen(c, c)", "strncpy(b, c, 1)",
                     "sscanf(c, b)", "alloca(9)", "gmtime(0)", "setlocale(0, c)"):
            self.breaks("banned-call", "server/a.c", body.format(call), at=3)
        self.breaks("banned-call", "tests/unit/a.c", body.format("strcpy(b, c)"))
        write(self.root, "tests/unit/a.c", body.format("sscanf(b, c)"))
        self.assertEqual(self.findings(), [])

    def test_exit(self):
        self.breaks("exit", "tools/cli/a.c", "void a(void)\n{\n    exit(1);\n}\n", at=3)
        self.breaks("exit", "server/a.c", "void a(void)\n{\n    abort();\n}\n")

    def test_print(self):
        self.breaks("print", "server/a.c", 'void a(void)\n{\n    printf("a");\n}\n')
        self.breaks("print", "config/a.c", 'void a(void)\n{\n    fprintf(stderr, "a");\n}\n')

    def test_header_contract(self):
        guard = "#ifndef A_H\n#define A_H\n{}\n#endif\n"
        self.breaks("header-contract", "server/a.h", guard.format(""))
        self.breaks("header-contract", "server/a.h", "/* Purpose. */\n" + guard.format("\nint srv_a(void);\n"))

    def test_header_guard(self):
        self.breaks("header-guard", "tools/a.h", "/* Purpose. */\n")
        self.breaks("header-guard", "tools/a.h", "#ifndef A_H\n#define B_H\n#endif\n")

    def test_format(self):
        self.breaks("format", "tools/a.c", "int  a;\n", at=1)

    def test_whitespace(self):
        self.breaks("whitespace", "docs/a.md", "blank \n", at=1)
        self.breaks("whitespace", "docs/a.md", "no end")
        self.breaks("whitespace", "docs/a.md", "dos\r\n")
        self.breaks("whitespace", "docs/a.md", b"latin \xe4\n")
        self.breaks("whitespace", "docs/a.md", "a\n\ttab\n", at=2)

    def test_unfinished(self):
        for word in ("TODO", "FIXME", "XXX", "HACK"):
            self.breaks("unfinished", "docs/a.md", f"A {word} here\n")
        self.breaks("unfinished", "tools/a.c", "/* TODO: a */\n")

    def test_machine_path(self):
        for path in ("/work/main/a.c", "/home/somebody/a", "/root/a", "/tmp/a.png"):
            self.breaks("machine-path", "docs/a.md", f"see {path} there\n", at=1)
        write(self.root, "tests/a.c", 'char path[] = "/tmp/osteonav-XXXXXX";\n')
        self.assertEqual(self.findings(), [])

    def test_large_file(self):
        self.breaks("large-file", "docs/a.png", b"\0" * ((1 << 20) + 1))

    def test_shellcheck(self):
        self.breaks("shellcheck", "tools/a", "#!/bin/sh\necho $1\n", at=2)

    def test_dead_link(self):
        self.breaks("dead-link", "docs/a.md", "[gone](gone.md)\n", at=1)

    def test_doc_file(self):
        self.breaks("doc-file", "docs/a.md", "see `server/gone.c`\n", at=1)

    def test_hazard_test(self):
        write(self.root, "tests/unit/test_age.c", "int late_is_late;\n")
        row = "| H1 | late | C | age | {} | {} |\n"
        self.breaks("hazard-test", "docs/safety.md", row.format("`gone`", "covered"), at=1)
        self.breaks("hazard-test", "docs/safety.md", row.format("", "covered"), at=1)
        self.breaks("hazard-test", "docs/safety.md", row.format("`late_is_late`", "open"), at=1)
        self.breaks("hazard-test", "docs/safety.md", row.format("`late_is_late`", "perhaps"), at=1)
        write(self.root, "docs/safety.md", row.format("`late_is_late`", "part: pixels"))
        self.assertEqual(self.findings(), [])

    def test_unknown_rule_is_a_usage_error(self):
        self.assertEqual(run(self.root, "--only", "nothing")[0], 2)


class ZCoverage(unittest.TestCase):
    """Last by name: every rule that the lint lists has been seen to fire above."""

    def test_every_rule_is_proven(self):
        _, out, _ = run(SOURCE, "--list")
        rules = {line.split()[0] for line in out.splitlines()}
        self.assertGreater(len(rules), 15)
        self.assertEqual(rules - LintTest.proven, set())


if __name__ == "__main__":
    unittest.main()
