#!/usr/bin/env python3
"""`osteonav case import`: what other programs' files become, and what of them is refused."""
import json
import os
import pathlib
import struct
import subprocess
import tempfile
import unittest

import import_files as make

BIN = pathlib.Path(os.environ["OSTEONAV_BIN"])
SIZE = (20, 20, 12)


def data_folder():
    return pathlib.Path(os.environ.get("OSTEONAV_DATA") or os.environ["OSTEONAV_DATA_DEFAULT"])


class Case(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        self.at = pathlib.Path(self.folder.name)

    def write(self, name, data):
        path = self.at / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
        return path

    def case(self, *arguments, program=BIN / "osteonav"):
        return subprocess.run([program, "case", *map(str, arguments)], capture_output=True, text=True, timeout=100,
                              stdin=subprocess.DEVNULL, check=False)

    def look(self, *arguments):
        result = self.case("import", *arguments, "--json")
        answer = json.loads(result.stdout)
        self.assertEqual(result.returncode == 0, answer["ok"], result.stderr)
        return answer

    def item(self, *arguments):
        answer = self.look(*arguments)
        self.assertTrue(answer["ok"], answer)
        self.assertEqual(len(answer["sources"]), 1)
        self.assertEqual(len(answer["sources"][0]["items"]), 1)
        return answer["sources"][0]["items"][0]

    def refused(self, *arguments):
        answer = self.look(*arguments)
        self.assertFalse(answer["ok"], answer)
        self.assertEqual(len(answer["refused"]), 1, answer)
        return answer["refused"][0]["why"]

    def near(self, a, b, tolerance=1e-3):
        self.assertEqual(len(a), len(b))
        for x, y in zip(a, b):
            self.assertAlmostEqual(x, y, delta=tolerance)


class Meshes(Case):
    def test_every_format_gives_the_same_box(self):
        points, triangles = make.box()
        files = {"a.ply": make.ply(points, triangles, ()), "a.stl": make.stl(points, triangles),
                 "a.obj": make.obj(points, triangles), "a.vtk": make.vtk(points, triangles),
                 "b.vtk": make.vtk(points, triangles, binary=True),
                 "c.vtk": make.vtk(points, triangles, version="5.1"),
                 "d.vtk": make.vtk(points, triangles, binary=True, version="5.1"),
                 "a.vtp": make.vtp(points, triangles), "b.vtp": make.vtp(points, triangles, encoding="binary"),
                 "c.vtp": make.vtp(points, triangles, encoding="zlib"),
                 "d.vtp": make.vtp(points, triangles, encoding="appended"), "a.glb": make.glb(points, triangles)}
        for name, data in files.items():
            with self.subTest(name):
                item = self.item(self.write(name, data), "--space", "LPS", "--unit", "mm")
                self.assertEqual((item["triangles"], item["vertices"], item["components"]), (12, 8, 1))
                self.assertTrue(item["closed"])
                self.assertFalse(item["inward"])
                self.assertEqual(item["crossings"], 0)
                self.assertAlmostEqual(item["volume_ml"], 240.0, places=3)
                self.near(item["min_mm"] + item["max_mm"], [-50, -30, -20, 50, 30, 20])

    def test_frame_and_unit_are_never_guessed(self):
        points, triangles = make.box((0, 0, 0), (100, 60, 40))
        path = self.write("a.stl", make.stl(points, triangles))
        self.assertIn("--unit mm or --unit m, and --space LPS or --space RAS", self.refused(path))
        item = self.item(path, "--unit", "mm")
        self.assertTrue(item["frame_assumed"])
        self.assertIn("FRAME ASSUMED", item["note"])
        self.near(item["min_mm"], [0, 0, 0])
        self.assertIn("--unit m", self.refused(path, "--space", "LPS"))
        stated = self.item(path, "--space", "RAS", "--unit", "mm")
        self.near(stated["min_mm"], [-100, -60, 0])
        self.assertNotIn("frame_assumed", stated)

    def test_tags_are_honoured_and_must_agree(self):
        points, triangles = make.box((0, 0, 0), (100, 60, 40))
        tagged = {"a.stl": make.stl(points, triangles, b"SPACE=RAS"),
                  "a.vtk": make.vtk(points, triangles, "made. SPACE=RAS"),
                  "a.vtp": make.vtp(points, triangles, "RAS"), "a.ply": make.ply(points, triangles, ("SPACE=RAS",)),
                  "a.obj": make.obj(points, triangles, "# SPACE=RAS\n")}
        for name, data in tagged.items():
            with self.subTest(name):
                path = self.write(name, data)
                self.near(self.item(path, "--unit", "mm")["max_mm"], [0, 0, 40])
                self.assertIn("RAS", self.refused(path, "--unit", "mm", "--space", "LPS"))

    def test_metres_are_seen_by_the_size(self):
        points, triangles = make.box((-0.05, -0.03, -0.02), (0.05, 0.03, 0.02))
        path = self.write("a.ply", make.ply(points, triangles, ("SPACE=LPS",)))
        self.assertIn("look like metres", self.refused(path, "--unit", "mm"))
        self.assertAlmostEqual(self.item(path, "--unit", "m")["extent_mm"], 100.0, places=3)

    def test_the_model_in_metres(self):
        path = data_folder() / "anatomy/remus_lumbosacral/Pelvis.obj"
        if not path.exists() and os.environ.get("CI") != "true":
            self.skipTest(f"missing {path}")
        self.assertIn("does not say its unit", self.refused(path))
        self.assertIn("--unit m", self.refused(path, "--space", "LPS", "--unit", "mm"))
        self.assertTrue(self.item(path, "--unit", "m")["frame_assumed"])
        item = self.item(path, "--space", "LPS", "--unit", "m")
        self.assertAlmostEqual(item["extent_mm"], 282.16, places=2)
        self.assertEqual(item["role"], "bone")

    def test_paths_that_are_no_plain_file(self):
        os.mkfifo(self.at / "pipe.stl")
        self.assertIn("pipe.stl: is not a regular file", self.refused(self.at / "pipe.stl"))
        (self.at / "none").mkdir()
        self.assertIn("none: is an empty folder", self.refused(self.at / "none"))
        box = make.ply(*make.box())
        (self.at / "a\nb.ply").write_bytes(box)
        self.assertEqual(self.item(self.at / "a\nb.ply")["name"], "A b")
        odd = os.fsencode(self.at / "x") + b"\xff.ply"
        pathlib.Path(os.fsdecode(odd)).write_bytes(box)
        result = subprocess.run([BIN / "osteonav", "case", "import", odd], capture_output=True, timeout=60)
        self.assertEqual((result.returncode, b"not UTF-8; rename it" in result.stderr), (1, True))

    def test_what_crosses_itself_is_counted(self):
        points, triangles = make.box()
        more, others = make.box((-10, -10, -60), (10, 10, 60))
        points += more
        triangles += [tuple(i + 8 for i in t) for t in others]
        item = self.item(self.write("a.ply", make.ply(points, triangles)))
        self.assertGreater(item["crossings"], 0)
        self.assertEqual(item["components"], 2)

    def test_nodes_of_a_gltf_scene_move_their_mesh(self):
        points, triangles = make.box()
        node = {"translation": [100, 0, 0], "scale": [2, 2, 2]}
        item = self.item(self.write("a.glb", make.glb(points, triangles, node)), "--space", "LPS", "--unit", "mm")
        self.near(item["min_mm"] + item["max_mm"], [0, -60, -40, 200, 60, 40])


class CorruptMeshes(Case):
    """Each row: what is done to a good file, and words that the refusal must have."""

    def check(self, rows):
        for name, data, words in rows:
            with self.subTest(name=name, words=words):
                why = self.refused(self.write(name, data), "--space", "LPS", "--unit", "mm")
                self.assertIn(name, why)
                self.assertIn(words, why)

    def test_stl(self):
        points, triangles = make.box()
        good = make.stl(points, triangles)
        nan = bytearray(good)
        nan[84 + 12:84 + 16] = b"\0\0\xc0\x7f"
        self.check([("a.stl", b"", "empty"), ("b.stl", good[:60], ""), ("c.stl", good[:84], ""),
                    ("d.stl", good[:80] + b"\xff\xff\xff\xff" + good[84:], ""), ("e.stl", good[:-1], ""),
                    ("f.stl", good + b"x", ""), ("g.stl", bytes(nan), "finite"),
                    ("h.stl", b"solid x\r\nfacet normal garbage", "")])

    def test_ply(self):
        points, triangles = make.box()
        good = make.ply(points, triangles)
        self.check([("a.ply", good[:-1], ""), ("b.ply", good.replace(b"face 12", b"face -1"), ""),
                    ("c.ply", good.replace(b"vertex 8", b"vertex 4000000000"), ""),
                    ("d.ply", good[:-4] + b"\x63\0\0\0", "99"),
                    ("e.ply", good.replace(b"property float z\n", b""), "")])

    def test_obj(self):
        self.check([("a.obj", b"v 0 0 0\nv 60 0 0\nv 0 60 0\nf 1 2 4\n", "4"), ("b.obj", b"v 0 0 nan\n", "")])

    def test_vtk(self):
        points, triangles = make.box()
        text = make.vtk(points, triangles)
        binary = make.vtk(points, triangles, binary=True)
        cells = make.vtk(points, triangles, version="5.1")
        self.check([("a.vtk", text.replace(b"3 0 2 3", b"3 0 2 8"), "does not exist"),
                    ("b.vtk", text.replace(b"3 0 2 3", b"3 0 2 -1"), "does not exist"),
                    ("c.vtk", text[:-9], "offset"), ("d.vtk", binary[:-9], "offset"),
                    ("e.vtk", text.replace(b"POINTS 8", b"POINTS 99999999"), "ends before its points"),
                    ("f.vtk", text.replace(b"POLYDATA", b"STRUCTURED_POINTS"), "POLYDATA"),
                    ("g.vtk", text.replace(b"-50 ", b"nan ", 1), "finite"),
                    ("h.vtk", text.replace(b"12 48", b"12 49"), ""),
                    ("i.vtk", cells.replace(b"OFFSETS vtktypeint64\n0 3 6", b"OFFSETS vtktypeint64\n0 6 3"), "order"),
                    ("j.vtk", text.replace(b"3.0", b"9.0"), "versions"), ("k.vtk", b"nonsense", "offset 0"),
                    ("l.vtk", make.vtk(points, triangles, "SPACE=XYZ"), "neither LPS nor RAS")])

    def test_vtp(self):
        points, triangles = make.box()
        text = make.vtp(points, triangles)
        packed = make.vtp(points, triangles, encoding="zlib")
        raw = make.vtp(points, triangles, encoding="appended")
        self.check([("a.vtp", text[:-30], "XML"), ("b.vtp", text.replace(b'Polys="12"', b'Polys="13"'), ""),
                    ("c.vtp", text.replace(b"0 2 3 0", b"0 2 9 0", 1), "does not exist"),
                    ("d.vtp", packed.replace(b"AQAAA", b"AQAAB", 1), "DataArray"), ("e.vtp", raw[:-200], "DataArray"),
                    ("f.vtp", text.replace(b"<VTKFile", b'<!DOCTYPE x [<!ENTITY a "b">]><VTKFile', 1), "entities")])

    def test_glb(self):
        points, triangles = make.box()
        good = make.glb(points, triangles)
        self.check([("a.glb", good[:-1], "length"), ("b.glb", good.replace(b'"count": 8', b'"count": 9'), "reaches beyond"),
                    ("c.glb", make.glb(points, triangles[:-1] + [(0, 1, 9)]), "does not exist"),
                    ("d.glb", make.glb(points, triangles, {"scale": [-1, 1, 1]}), "mirrors"),
                    ("e.glb", make.glb(points, triangles, {"children": [0]}), "circle"),
                    ("f.glb", make.glb(points, triangles, extra={"extensionsRequired": ["KHR_draco"]}), "extensions")])


class Volumes(Case):
    def test_the_same_grid_from_every_format(self):
        voxels = make.ramp(SIZE)
        self.write("raw.bin", voxels)
        files = {"a.nrrd": make.nrrd(voxels, SIZE), "a.nhdr": make.nrrd(voxels, SIZE, data_file="raw.bin"),
                 "a.nii": make.nifti(voxels, SIZE), "a.nii.gz": make.gz(make.nifti(voxels, SIZE)),
                 "a.mha": make.mha(voxels, SIZE), "b.mha": make.mha(voxels, SIZE, compressed=True),
                 "a.mhd": make.mha(voxels, SIZE, data_file="raw.bin")}
        rows = {"a.nii": [-2, 0, 0, 20, 0, -2, 0, 20, 0, 0, 3, -20]}
        rows["a.nii"] = [2, 0, 0, -20, 0, 2, 0, -20, 0, 0, 3, -20]  # RAS rows turned to LPS
        rows["a.nii.gz"] = rows["a.nii"]
        for name, data in files.items():
            with self.subTest(name):
                item = self.item(self.write(name, data))
                self.assertEqual((item["becomes"], item["modality"], item["size"]), ("volume", "CT", list(SIZE)))
                self.near(item["T_image_voxel"], [2, 0, 0, -20, 0, 2, 0, -20, 0, 0, 3, -20])
                self.assertEqual(item["values"], [-1000, 999])

    def test_what_a_scan_is_must_be_known(self):
        count = SIZE[0] * SIZE[1] * SIZE[2]
        grey = bytes((i * 37) % 251 for i in range(count))
        path = self.write("a.nrrd", make.nrrd(grey, SIZE, "uint8"))
        item = self.item(path)
        self.assertEqual(item["becomes"], "nothing")
        self.assertIn("--modality", item["note"])
        self.assertEqual(self.item(path, "--modality", "MR")["becomes"], "volume")

    def test_corrupt_volumes_are_refused(self):
        voxels = make.ramp(SIZE)
        good = make.nrrd(voxels, SIZE)
        meta = make.mha(voxels, SIZE)
        image = make.nifti(voxels, SIZE)
        rows = [("a.nrrd", good[:-1], ""), ("b.nrrd", good + b"x", ""),
                ("c.nrrd", good.replace(b"sizes: 20 20 12", b"sizes: 60000 60000 60000"), ""),
                ("d.nrrd", good.replace(b"sizes: 20 20", b"sizes: -20 20"), ""),
                ("e.nrrd", good.replace(b"(2,0,0)", b"(nan,0,0)"), ""),
                ("f.nrrd", good.replace(b"(2,0,0)", b"(-2,0,0)"), "mirrored"),
                ("g.nhdr", make.nrrd(b"", SIZE, data_file="../x.raw"), "not inside"),
                ("h.nhdr", make.nrrd(b"", SIZE, data_file="/etc/passwd"), "not inside"),
                ("i.nhdr", make.nrrd(b"", SIZE, data_file="none.raw"), "none.raw"),
                ("a.mha", meta[:-1], "truncated"), ("b.mha", meta + b"x", ""),
                ("c.mha", meta.replace(b"DimSize = 20 20 12", b"DimSize = 60000 60000 60000"), "DimSize"),
                ("d.mha", meta.replace(b"DimSize = 20 20 12", b"DimSize = -20 20 12"), "DimSize"),
                ("e.mha", meta.replace(b"ElementSpacing = 2", b"ElementSpacing = nan"), "ElementSpacing"),
                ("f.mha", make.mha(voxels, SIZE, compressed=True)[:-40], "damaged"),
                ("g.mha", make.mha(voxels + bytes(9999), SIZE, compressed=True), "another size"),
                ("h.mhd", make.mha(b"", SIZE, data_file="../../secret"), "not inside"),
                ("i.mha", make.mha(voxels, SIZE, extra="Seq_Frame0000_Timestamp = 1\n"), "tracking session"),
                ("a.nii", image[:-1], ""), ("b.nii.gz", make.gz(image)[:-30], ""),
                ("c.nii.gz", make.gz(image + bytes(1 << 22)), ""),
                ("d.nii", make.nifti(voxels, SIZE, qform=(0, 0, 0.9, 20, 20, -20)), ""),
                ("e.nii", make.nifti(voxels, SIZE, units=1), "xyzt_units")]
        for name, data, words in rows:
            with self.subTest(name):
                why = self.refused(self.write(name, data))
                self.assertIn(name, why)
                self.assertIn(words, why)

    def test_label_map_is_known_by_its_values(self):
        labels = bytearray(SIZE[0] * SIZE[1] * SIZE[2])
        for k in range(3, 9):
            for j in range(4, 16):
                for i in range(2, 10):
                    labels[i + SIZE[0] * (j + SIZE[1] * k)] = 25
                for i in range(10, 18):
                    labels[i + SIZE[0] * (j + SIZE[1] * k)] = 79
        path = self.write("a.nrrd", make.nrrd(bytes(labels), SIZE, "uint8"))
        names = self.write("n.csv", b"label,name\n25,iliac_vena_left\n79,gtv_1\n")
        self.assertIn("--names", "".join(self.look(path)["sources"][0]["notes"]))
        source = self.look(path, "--names", names)["sources"][0]
        self.assertEqual((source["kind"], source["notes"]), ("labels", []))
        wrong = self.case("import", path, "--names", names, "--only", "iliac*,gtv_2")
        self.assertEqual((wrong.returncode, "--only gtv_2: nothing" in wrong.stderr), (1, True))
        self.assertEqual(self.case("import", path, "--names", names, "--only", "iliac*,gtv_?").returncode, 0)
        self.assertEqual([(i["name"], i["role"]) for i in source["items"]], [("Left iliac vena", "vessel"), ("Gtv 1", "tumour")])
        self.assertEqual([i["voxels"] for i in source["items"]], [576, 576])
        self.near(source["items"][0]["min_mm"], [-20 + 2 * 1.5, -20 + 2 * 3.5, -20 + 3 * 2.5])

    def test_bone_of_a_ct_by_a_threshold(self):
        size = (40, 30, 20)
        values = [-1000] * (40 * 30 * 20)
        for k in range(2, 18):
            for j in range(5, 15):
                for i in range(5, 35):  # 60 mm long, with a cavity and a crumb beside it
                    inside = 8 <= k < 12 and 8 <= j < 12 and 10 <= i < 20
                    values[i + 40 * (j + 30 * k)] = 0 if inside else 201
        values[37 + 40 * (25 + 30 * 10)] = 900
        path = self.write("ct.nrrd", make.nrrd(struct.pack(f"<{len(values)}h", *values), size))
        items = {i["part"]: i for i in self.look(path, "--threshold", "200")["sources"][0]["items"]}
        self.assertEqual(set(items), {"", "threshold"})
        self.assertEqual((items[""]["becomes"], items[""]["values"]), ("volume", [-1000, 900]))
        bone = items["threshold"]
        self.assertEqual((bone["becomes"], bone["name"], bone["role"]), ("model", "Bone", "bone"))
        self.assertEqual(bone["voxels"], 30 * 10 * 16)
        self.assertIn("no whole number", self.refused(path, "--threshold", "dense"))
        self.assertIn("denser than 1000", self.refused(path, "--threshold", "1000"))
        other = self.case("import", self.write("a.ply", make.ply(*make.box())), "--threshold", "200")
        self.assertEqual((other.returncode, "no CT" in other.stderr), (1, True))
        built = self.case("import", path, "--threshold", "200", "--case", self.at / "quick", "--pseudonym", "Q-1",
                          "--build", "--lock")
        self.assertEqual(built.returncode, 0, built.stderr)
        self.assertIn('threshold: "200"', (self.at / "quick.sources.yaml").read_text())
        self.assertTrue((self.at / "quick/models/bone.ply").exists())
        self.assertTrue((self.at / "quick/volumes/ct.nrrd").exists())


class Dicom(Case):
    def test_a_series_is_put_in_order_by_its_places(self):
        make.series(self.at / "s")
        item = self.item(self.at / "s")
        self.assertEqual((item["becomes"], item["name"], item["size"]), ("volume", "CT", [16, 16, 6]))
        self.near(item["T_image_voxel"], [2, 0, 0, -16, 0, 2, 0, -16, 0, 0, 3, -10])
        self.assertEqual(item["values"], [-1024, 975])

    def test_several_series_are_listed_and_one_chosen(self):
        make.series(self.at / "s", series="1.2.3.111")
        make.series(self.at / "s", series="1.2.3.222", count=4)
        answer = self.look(self.at / "s")
        self.assertEqual([s["series"] for s in answer["sources"]], ["1.2.3.111", "1.2.3.222"])
        for source in answer["sources"]:
            self.assertEqual(source["items"][0]["becomes"], "nothing")
            self.assertIn("--series " + source["series"], source["items"][0]["note"])
        item = self.item(self.at / "s", "--series", "222")
        self.assertEqual((item["becomes"], item["size"][2]), ("volume", 4))
        make.series(self.at / "s", series="", count=3)
        answer = self.look(self.at / "s")
        self.assertIn("--series none", answer["sources"][0]["items"][0]["note"])
        item = self.item(self.at / "s", "--series", "none")
        self.assertEqual((item["becomes"], item["size"][2]), ("volume", 3))
        self.assertIn("no series ends in '333'", self.refused(self.at / "s", "--series", "333"))

    def test_a_series_with_a_fault_is_refused_and_the_fault_named(self):
        turned = (0.9950041652780258, 0.09983341664682815, 0, -0.09983341664682815, 0.9950041652780258, 0)
        rows = [("gap", {"skip": (3,)}, "missing slice"), ("gaps", {"skip": (2, 3), "count": 9}, "missing slices"),
                ("double", {"twice": (2,)}, "duplicate slice"), ("turned", {"turn": {0: (0, 1, 0, 0, 0, 1)}}, "mixed orientation"),
                ("turned a little", {"turn": {5: turned}}, "mixed orientation"),
                ("tilt", {"shift": {k: 0.5 * k for k in range(6)}}, "tilted by 9.46 deg"),
                ("moved", {"shift": {3: 5.0}}, "beside its place"), ("one", {"count": 1}, "only slice")]
        for name, faults, words in rows:
            with self.subTest(name):
                make.series(self.at / name, **faults)
                self.assertIn(words, self.refused(self.at / name))

    def test_a_cut_file_is_named(self):
        make.series(self.at / "s")
        victim = sorted((self.at / "s").iterdir())[2]
        whole = victim.read_bytes()
        for cut in (1, 2, 100, 300):
            victim.write_bytes(whole[:-cut])
            self.assertIn(victim.name, self.refused(self.at / "s"))
        for size in (140, 200, 400):
            victim.write_bytes(whole[:size])
            self.assertIn(victim.name, json.dumps(self.look(self.at / "s")["refused"]))

    def test_a_cut_packed_file_is_named(self):
        folder = data_folder() / "volumes/totalsegmentator_pelvis_ct/dicom_J2K"
        if not folder.exists() and os.environ.get("CI") != "true":
            self.skipTest(f"missing {folder}")
        for path in sorted(folder.iterdir())[:3]:
            self.write("s/" + path.name, path.read_bytes())
        victim = sorted((self.at / "s").iterdir())[1]
        whole = victim.read_bytes()
        for cut in (10, 1000, 100000):
            victim.write_bytes(whole[:-cut])
            self.assertIn(victim.name, self.refused(self.at / "s"))

    # Two structures that share voxels; of the second the middle slice is missing: nothing of it is there.
    SEGMENTS = ((7, "Sacrum", "54735007", (45000, 32896, 32896)), (9, "Left S1 root", "244450006", None))
    BLOCK = {(i, j) for i in range(3, 9) for j in range(4, 12)}
    ROOT = {(i, j) for i in range(8, 11) for j in range(6, 9)}

    def frames(self):
        return ([(7, (-16, -16, -10 + 3 * k), self.BLOCK) for k in (1, 2, 3)] +
                [(9, (-16, -16, -10 + 3 * k), self.ROOT) for k in (1, 3)])

    def test_a_dicom_segmentation_has_its_names_places_and_layers(self):
        make.series(self.at / "s")
        path = self.write("s/seg", make.dicom_seg(self.SEGMENTS, self.frames()))
        answer = self.look(self.at / "s")
        self.assertEqual(answer["refused"], [])
        scan = next(s for s in answer["sources"] if s["kind"] == "volume")
        self.assertEqual(scan["items"][0]["becomes"], "volume")
        seg = next(s for s in answer["sources"] if s["kind"] == "labels")
        self.assertEqual((seg["file"], seg["format"]), (str(path), "dicom-seg"))
        self.assertIn("lies on the 6 slices", " ".join(seg["notes"]))
        sacrum, root = seg["items"]
        self.assertEqual((sacrum["name"], sacrum["code"], sacrum["voxels"]), ("Sacrum", "54735007", 3 * 48))
        self.assertEqual((root["name"], root["role"], root["voxels"]), ("Left S1 root", "nerve", 2 * 9))
        self.near(sacrum["min_mm"] + sacrum["max_mm"], [-16 + 2 * 2.5, -16 + 2 * 3.5, -8.5, -16 + 2 * 8.5, -16 + 2 * 11.5, 0.5])
        self.near(root["min_mm"] + root["max_mm"], [-16 + 2 * 7.5, -16 + 2 * 5.5, -8.5, -16 + 2 * 10.5, -16 + 2 * 8.5, 0.5])
        grey = [int(sacrum["colour"][k:k + 2], 16) for k in (1, 3, 5)]
        self.assertLess(max(grey) - min(grey), 6)
        self.assertGreater(grey[0], 140)
        self.assertNotIn("edge", sacrum["note"] + root["note"])
        # The scan's last slice is the structure's: there it may go on.
        last = self.write("s/seg", make.dicom_seg(self.SEGMENTS[:1], [(7, (-16, -16, 5), self.BLOCK)]))
        found = next(s for s in self.look(self.at / "s")["sources"] if s["kind"] == "labels")
        self.assertIn("edge", found["items"][0]["note"])
        last.write_bytes(make.dicom_seg(self.SEGMENTS, self.frames()))
        # Alone it is taken, too; nothing can be compared then.
        alone = self.look(path)["sources"][0]
        self.assertIn("not compared", " ".join(alone["notes"]))

    def test_a_dicom_segmentation_with_a_fault_is_refused_and_the_fault_named(self):
        def frames(change):
            made = [list(f) for f in self.frames()]
            change(made)
            return [tuple(f) for f in made]
        turned = (0, 1, 0, 0, 0, 1)
        beside = frames(lambda f: f[1].__setitem__(1, (-12, -16, -4)))
        between = frames(lambda f: f[1].__setitem__(1, (-16, -16, -5)))
        rows = [("no place", {"frames": frames(lambda f: f[2].__setitem__(1, None))}, "frame 3: field ImagePositionPatient"),
                ("turned", {"frames": frames(lambda f: f[2].append(turned))}, "frame 3: mixed orientation"),
                ("beside", {"frames": beside}, "frame 2 lies 4.000 mm beside"),
                ("uneven", {"frames": between}, "uneven spacing"),
                ("unknown", {"frames": frames(lambda f: f[0].__setitem__(0, 8))}, "ReferencedSegmentNumber 8"),
                ("deep", {"bits": 8}, "BitsAllocated"), ("fraction", {"kind": "FRACTIONAL", "bits": 8}, "export it as BINARY"),
                ("cut", {"cut": 2}, "field PixelData"), ("more", {"stated": 6}, "NumberOfFrames says 6"),
                ("twice", {"segments": (self.SEGMENTS[0], self.SEGMENTS[0])}, "given twice"),
                ("skew", {"orientation": (1, 0, 0, 0.5, 0.5, 0)}, "not unit and perpendicular")]
        for name, faults, words in rows:
            with self.subTest(name):
                arguments = {"segments": self.SEGMENTS, "frames": self.frames(), **faults}
                path = self.write(name + ".dcm", make.dicom_seg(**arguments))
                said = self.refused(path)
                self.assertIn(words, said)
                self.assertIn(name + ".dcm", said)
        whole = make.dicom_seg(self.SEGMENTS, self.frames())
        for size in (140, 300, 700, len(whole) - 1, len(whole) - 40):
            with self.subTest(size):
                self.refused(self.write(f"{size}.dcm", whole[:size]))

    def test_a_segmentation_of_another_scan_is_refused(self):
        make.series(self.at / "s")
        for name, arguments, words in (("moved", {"frames": [(7, (-16, -16, -8.5), self.BLOCK)]}, "from every slice"),
                                       ("other", {"spacing": (2.5, 2.5), "frames": self.frames()}, "its grid is not that")):
            with self.subTest(name):
                path = self.write("s/seg", make.dicom_seg(self.SEGMENTS, **arguments))
                self.assertIn(words, json.dumps(self.look(self.at / "s")["refused"]))
                path.unlink()

    def test_the_real_series_lies_where_its_segmentation_does(self):
        folder = data_folder() / "volumes/totalsegmentator_pelvis_ct"
        if not folder.exists() and os.environ.get("CI") != "true":
            self.skipTest(f"missing {folder}")
        scan = self.item(folder / "dicom_J2K")
        labels = self.look(folder / "dicom_J2K_seg.nii.gz")["sources"][0]
        self.assertTrue(any("mirrored" in n for n in labels["notes"]))
        self.assertEqual(scan["size"], [512, 512, 20])
        for item in labels["items"]:
            for axis in range(3):
                half = 0.51 * scan["spacing_mm"][axis]
                self.assertGreaterEqual(item["min_mm"][axis], scan["min_mm"][axis] - half)
                self.assertLessEqual(item["max_mm"][axis], scan["max_mm"][axis] + half)
        # A liver is on the patient's right: x is negative in LPS. Mirrored, it would be on the left.
        liver = [i for i in labels["items"] if i["label"] == 5]
        self.assertTrue(liver and liver[0]["max_mm"][0] + liver[0]["min_mm"][0] < 0)


class Plans(Case):
    def test_scenes_in_both_frames_are_the_same_world(self):
        world = make.scene_world()
        points, _ = make.box()
        corners = [make.apply(world, p) for p in points]
        for space in ("LPS", "RAS"):
            paths = {"folder": make.write_scene(self.at / space, space),
                     "archive": make.write_mrb(self.at / f"{space}.mrb", space)}
            for kind, path in paths.items():
                with self.subTest(space=space, kind=kind):
                    answer = self.look(path)
                    items = {i["name"]: i for i in answer["sources"][0]["items"]}
                    self.assertEqual(set(items), {"Sacrum", "Landmarks", "S2 cut"})
                    low = [min(c[i] for c in corners) for i in range(3)]
                    high = [max(c[i] for c in corners) for i in range(3)]
                    self.near(items["Sacrum"]["min_mm"] + items["Sacrum"]["max_mm"], low + high, 1e-4)
                    self.assertFalse(items["Sacrum"]["inward"])
                    self.assertEqual(items["Sacrum"]["role"], "bone")
                    for point, (label, place) in zip(items["Landmarks"]["points"], make.POINTS):
                        self.assertEqual(point["name"], label)
                        self.near(point["position_mm"], make.apply(world, place), 1e-9)
                    cut = items["S2 cut"]
                    self.near(cut["center_mm"], make.apply(world, make.PLANE[0]), 1e-9)
                    self.near(cut["normal"], make.apply(world, make.PLANE[1], 0), 1e-9)
                    self.near(cut["x"], make.apply(world, make.PLANE[2], 0), 1e-9)
                    self.near(cut["size_mm"], make.PLANE[3])

    def test_files_of_a_scene_do_not_come_twice(self):
        make.write_scene(self.at / "whole", "RAS")
        self.write("whole/Data/other.fcsv", b"# Markups fiducial file version = 4.11\n# CoordinateSystem = LPS\n"
                   b"# columns = id,x,y,z,ow,ox,oy,oz,vis,sel,lock,label,desc,associatedNodeID\n"
                   b"1,1,2,3,0,0,0,1,1,1,0,P,,\n")
        answer = self.look(self.at / "whole")
        self.assertTrue(answer["ok"], answer)
        self.assertEqual([pathlib.Path(s["file"]).name for s in answer["sources"]], ["scene.mrml", "other.fcsv"])
        self.assertEqual({pathlib.Path(i["file"]).name for i in answer["ignored"]},
                         {"a box.ply", "outer.tfm", "plane.mrk.json", "points.mrk.json"})
        self.assertTrue(all("read with" in i["why"] for i in answer["ignored"]))

    def test_markups_in_both_frames_are_the_same_place(self):
        for space in ("LPS", "RAS"):
            path = self.write(f"{space}/S2 left.mrk.json", make.markups("Plane", space, (), make.PLANE))
            item = self.item(path)
            self.assertEqual((item["becomes"], item["name"]), ("cut", "S2 left"))
            self.near(item["center_mm"] + item["normal"] + item["x"], make.PLANE[0] + make.PLANE[1] + make.PLANE[2], 1e-9)
            sign = make.sign(space, (10, 20, 30))
            fcsv = (f"# Markups fiducial file version = 4.11\n# CoordinateSystem = {space}\n"
                    "# columns = id,x,y,z,ow,ox,oy,oz,vis,sel,lock,label,desc,associatedNodeID\n"
                    f"1,{sign[0]},{sign[1]},{sign[2]},0,0,0,1,1,1,0,P,,\n").encode()
            self.near(self.item(self.write(f"{space}.fcsv", fcsv))["points"][0]["position_mm"], [10, 20, 30])
            self.assertEqual(self.look(self.at / f"{space}.fcsv")["sources"][0]["space"], f"{space} (file)")
        table = self.write("plain.csv", b"P,-10,-20,30\n")
        self.assertIn("does not say its frame", self.refused(table))
        self.near(self.item(table, "--space", "RAS")["points"][0]["position_mm"], [10, 20, 30])
        self.near(self.item(table, "--space", "LPS")["points"][0]["position_mm"], [-10, -20, 30])
        acsv = b"# pointColumns = type|x|y|z|sel|vis\npoint|-10|-20|30|1|1\n"  # always RAS
        self.near(self.item(self.write("a.acsv", acsv))["points"][0]["position_mm"], [10, 20, 30])

    def test_lines_and_curves_are_known_and_left_out(self):
        item = self.item(self.write("a.mrk.json", make.markups("Line", "LPS", make.POINTS)))
        self.assertEqual(item["becomes"], "nothing")
        self.assertIn("Line", item["note"])

    def test_damaged_scenes_are_refused(self):
        files = make.scene_files("RAS")
        mrml = files["scene.mrml"]
        rows = [("cut", mrml[:-60], "XML"), ("entity", b'<!DOCTYPE MRML [<!ENTITY a "b">]>' + mrml, "entities"),
                ("upwards", mrml.replace(b"Data/a%20box.ply", b"../../a.ply"), "not inside"),
                ("absolute", mrml.replace(b"Data/a%20box.ply", b"/etc/passwd"), "not inside"),
                ("missing", mrml.replace(b"a%20box", b"none"), "none.ply"),
                ("circle", mrml.replace(b'references="storage:OuterStorage"', b'references="storage:OuterStorage;transform:Inner"'), "circle"),
                ("mirror", mrml.replace(b'matrixTransformToParent="', b'matrixTransformToParent="-1 0 0 0 0 1 0 0 0 0 1 0 0 0 0 1" x="'), "mirrors"),
                ("no transform", mrml.replace(b'id="Outer"', b'id="Other"'), "not in the scene"),
                ("empty", b"<MRML></MRML>", "no model")]
        for name, text, words in rows:
            with self.subTest(name):
                folder = self.at / name
                for file, data in files.items():
                    self.write(f"{name}/{file}", data)
                (folder / "scene.mrml").write_bytes(text)
                self.assertIn(words, self.refused(folder / "scene.mrml"))

    def test_an_archive_may_not_reach_out(self):
        files = make.scene_files("RAS")
        for name in ("../evil.txt", "/evil.txt", "a/../../evil.txt", "..\\evil.txt"):
            with self.subTest(name):
                path = make.write_mrb(self.at / "a.mrb", "RAS", dict(files, **{name: b"x"}))
                self.assertIn("outside", self.refused(path))
                self.assertFalse((self.at.parent / "evil.txt").exists())
        good = make.write_mrb(self.at / "b.mrb", "RAS").read_bytes()
        self.assertIn("archive", self.refused(self.write("c.mrb", good[:len(good) // 2])))

    def test_tools_of_a_device_set(self):
        xml = b"""<PlusConfiguration version="2.1"><DataCollection><Device Id="T" ToolReferenceFrame="Tracker"><DataSources>
<DataSource Type="Tool" Id="Reference"/><DataSource Type="Tool" Id="Stylus"/><DataSource Type="Tool" Id="Saw"/>
</DataSources></Device></DataCollection><CoordinateDefinitions><Transform From="StylusTip" To="Stylus"
Matrix="1 0 0 1.5 0 0 1 2.5 0 -1 0 -150 0 0 0 1"/></CoordinateDefinitions></PlusConfiguration>"""
        items = self.look(self.write("a.xml", xml))["sources"][0]["items"]
        self.assertEqual([i["becomes"] for i in items], ["reference", "tool", "nothing"])
        self.assertEqual(items[1]["device"], "StylusToTracker")
        self.near(items[1]["tip_mm"] + items[1]["axis"], [1.5, 2.5, -150, 0, 1, 0])
        self.assertIn("not calibrated", items[2]["note"])
        for text, words in ((xml[:-20], "XML"), (xml.replace(b'Id="Saw"', b""), "without an Id"),
                            (xml.replace(b'Type="Tool"', b'Type="Video"'), "no DataSource"),
                            (xml.replace(b"0 0 1 2.5", b"0 0 9 2.5"), "not rigid")):
            self.assertIn(words, self.refused(self.write("b.xml", text)))


if __name__ == "__main__":
    unittest.main()
