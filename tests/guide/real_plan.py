#!/usr/bin/env python3
"""A plan of our own on the real pelvis: real_plan.py DATA_DIR OUT_DIR writes OUT_DIR/case.yaml.

A tumour of 24 mm in the lower sacrum, cut off by two planes across it and one on each side, from
behind; an osteotome, and its reference on the iliac crest."""
import math
import pathlib
import re
import struct
import subprocess
import sys

TUMOUR_RADIUS_MM = 12.0
KERF_MM = 1.5
# name, normal (away from the tumour), distance of the plane from the tumour's middle, depth: just
# through the far cortex
CUTS = (("Upper transverse", (0.0, 0.0, 1.0), 22.0, 36.0),
        ("Oblique", (0.26, 0.0, 0.966), 24.0, 47.0), ("Right lateral", (-1.0, 0.0, 0.0), 20.0, 31.0),
        ("Left lateral", (1.0, 0.0, 0.0), 20.0, 32.0))
OSTEOTOME = """tools:
  - name: Osteotome
    device: OsteotomeToTracker
    tip_mm: [12, -8, -215]
    axis: [0, 0, -1]
    geometry: {shape: blade, length_mm: 180, width_mm: 20, thickness_mm: 2, up: [0, 1, 0]}
"""


def bounds(path):
    data = path.read_bytes()
    count = struct.unpack_from("<I", data, 80)[0]
    points = [struct.unpack_from("<9f", data, 84 + 50 * i + 12) for i in range(count)]
    return [(min(p[k + 3 * c] for p in points for c in range(3)),
             max(p[k + 3 * c] for p in points for c in range(3))) for k in range(3)]


def write_ball(path, middle, radius):
    """A closed ball, 24 by 12."""
    columns, rows = 24, 12

    def at(column, row):
        azimuth, polar = 2 * math.pi * (column % columns) / columns, math.pi * row / rows
        return [m + radius * x for m, x in zip(middle, (math.sin(polar) * math.cos(azimuth),
                                                        math.sin(polar) * math.sin(azimuth),
                                                        math.cos(polar)))]

    triangles = []
    for row in range(rows):
        for column in range(columns):
            a, b = at(column, row), at(column + 1, row)
            c, d = at(column + 1, row + 1), at(column, row + 1)
            triangles += [(a, d, c)] if row < rows - 1 else []
            triangles += [(a, c, b)] if row > 0 else []
            if row == rows - 1:
                triangles[-1] = (a, at(0, rows), b)
    with open(path, "wb") as file:
        file.write(bytes(80) + struct.pack("<I", len(triangles)))
        for triangle in triangles:
            corners = [x for corner in triangle for x in corner]
            file.write(struct.pack("<12fH", 0, 0, 0, *corners, 0))


def cut_text(name, normal, away, depth, middle, top):
    length = math.hypot(*normal)
    n = [x / length for x in normal]
    v = (0.0, -1.0, 0.0)  # forwards
    u = [v[1] * n[2] - v[2] * n[1], v[2] * n[0] - v[0] * n[2], v[0] * n[1] - v[1] * n[0]]
    point = [m + away * x for m, x in zip(middle, n)]
    point[1] = top
    return (f"  - name: {name}\n    point_mm: {point}\n    normal: {n}\n    u: {u}\n"
            f"    size_mm: [60, {depth:.1f}]\n    depth_mm: {depth:.1f}\n"
            f"    kerf_mm: {KERF_MM}\n    margin_side: negative\n")


def main():
    data, out = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])
    source = pathlib.Path(__file__).resolve().parents[2]
    subprocess.run([source / "tools/real-case", data, out], check=True)
    sacrum = bounds(data / "anatomy/totalsegmentator_pelvis_case_LPS_mm/sacrum.stl")
    low, high = [b[0] for b in sacrum], [b[1] for b in sacrum]
    middle = [0.5 * (low[0] + high[0]) - 8.0, 0.5 * (low[1] + high[1]),
              low[2] + 0.35 * (high[2] - low[2])]
    write_ball(out / "tumour.stl", middle, TUMOUR_RADIUS_MM)
    text = (out / "case.yaml").read_text(encoding="utf-8")
    for old, new in (("-54.497", "80.000"), ("63.791", "20.000"), ("-132.124", "230.000")):
        assert text.count(old) == 1
        text = text.replace(old, new)
    text = re.sub(r"(?ms)^tools:\n.*?(?=^cuts:)", OSTEOTOME + "\n", text)
    cuts = "".join(cut_text(*cut, middle, high[1]) for cut in CUTS)
    text = re.sub(r"(?ms)^cuts:\n.*?(?=^landmarks:)", "cuts:\n" + cuts + "\n", text)
    text = text.replace("\nvolumes:", "  - {file: tumour.stl, name: Tumour, role: tumour}\n\n"
                        "volumes:", 1)
    (out / "case.yaml").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
