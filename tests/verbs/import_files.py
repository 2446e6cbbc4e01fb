"""Files of other programs, made for tests: small, whole, and exactly known."""
import base64
import gzip
import json
import math
import struct
import zipfile
import zlib


def box(low=(-50, -30, -20), high=(50, 30, 20)):
    """Corners and triangles of a closed box, outward."""
    points = [(x, y, z) for z in (low[2], high[2]) for y in (low[1], high[1]) for x in (low[0], high[0])]
    quads = [(0, 2, 3, 1), (4, 5, 7, 6), (0, 1, 5, 4), (2, 6, 7, 3), (0, 4, 6, 2), (1, 3, 7, 5)]
    triangles = []
    for a, b, c, d in quads:
        triangles += [(a, b, c), (a, c, d)]
    return points, triangles


def ply(points, triangles, comments=("SPACE=LPS", "UNIT=mm")):
    head = "ply\nformat binary_little_endian 1.0\n" + "".join(f"comment {c}\n" for c in comments)
    head += f"element vertex {len(points)}\nproperty float x\nproperty float y\nproperty float z\n"
    head += f"element face {len(triangles)}\nproperty list uchar int vertex_indices\nend_header\n"
    return (head.encode() + b"".join(struct.pack("<3f", *p) for p in points) +
            b"".join(struct.pack("<B3i", 3, *t) for t in triangles))


def stl(points, triangles, header=b""):
    body = b"".join(struct.pack("<12fH", 0, 0, 0, *points[a], *points[b], *points[c], 0) for a, b, c in triangles)
    return header.ljust(80, b" ") + struct.pack("<I", len(triangles)) + body


def obj(points, triangles, comment=""):
    return (comment + "".join(f"v {x} {y} {z}\n" for x, y, z in points) +
            "".join(f"f {a + 1} {b + 1} {c + 1}\n" for a, b, c in triangles)).encode()


def vtk(points, triangles, title="vtk output", binary=False, version="3.0"):
    kind = "BINARY" if binary else "ASCII"
    out = f"# vtk DataFile Version {version}\n{title}\n{kind}\nDATASET POLYDATA\nPOINTS {len(points)} float\n".encode()
    count = len(triangles)
    if binary:
        out += b"".join(struct.pack(">3f", *p) for p in points) + b"\n"
    else:
        out += "".join(f"{x} {y} {z}\n" for x, y, z in points).encode()
    if version.startswith("5"):
        out += f"POLYGONS {count + 1} {3 * count}\nOFFSETS vtktypeint64\n".encode()
        numbers = [range(0, 3 * count + 1, 3), [i for t in triangles for i in t]]
        texts = [struct.pack(f">{len(n)}q", *n) if binary else " ".join(map(str, n)).encode() for n in map(list, numbers)]
        return out + texts[0] + b"\nCONNECTIVITY vtktypeint64\n" + texts[1] + b"\n"
    out += f"POLYGONS {count} {4 * count}\n".encode()
    if binary:
        return out + b"".join(struct.pack(">4i", 3, *t) for t in triangles) + b"\n"
    return out + "".join(f"3 {a} {b} {c}\n" for a, b, c in triangles).encode()


def vtp(points, triangles, space=None, encoding="ascii"):
    """encoding: ascii, binary (base64), zlib (base64), appended (raw)."""
    flat = [v for p in points for v in p]
    arrays = [("Float32", struct.pack(f"<{len(flat)}f", *flat), flat),
              ("Int64", None, [i for t in triangles for i in t]),
              ("Int64", None, [3 * (i + 1) for i in range(len(triangles))])]
    texts, appended = [], b""
    for kind, data, values in arrays:
        data = data if data is not None else struct.pack(f"<{len(values)}q", *values)
        if encoding == "ascii":
            texts.append(('format="ascii"', " ".join(map(str, values))))
        elif encoding == "binary":
            texts.append(('format="binary"', base64.b64encode(struct.pack("<I", len(data)) + data).decode()))
        elif encoding == "zlib":
            packed = zlib.compress(data)
            head = struct.pack("<4I", 1, len(data), 0, len(packed))
            texts.append(('format="binary"', base64.b64encode(head).decode() + base64.b64encode(packed).decode()))
        else:
            texts.append((f'format="appended" offset="{len(appended)}"', ""))
            appended += struct.pack("<I", len(data)) + data
    compressor = ' compressor="vtkZLibDataCompressor"' if encoding == "zlib" else ""
    field = ""
    if space:
        codes = " ".join(str(ord(c)) for c in space) + " 0"
        field = f'<FieldData><Array type="String" Name="SPACE" NumberOfTuples="1" format="ascii">{codes}</Array></FieldData>'
    out = (f'<?xml version="1.0"?>\n<VTKFile type="PolyData" version="0.1" byte_order="LittleEndian" '
           f'header_type="UInt32"{compressor}>\n<PolyData>{field}<Piece NumberOfPoints="{len(points)}" '
           f'NumberOfVerts="0" NumberOfLines="0" NumberOfStrips="0" NumberOfPolys="{len(triangles)}">'
           f'<Points><DataArray type="Float32" Name="Points" NumberOfComponents="3" {texts[0][0]}>{texts[0][1]}'
           f'</DataArray></Points><Polys><DataArray type="Int64" Name="connectivity" {texts[1][0]}>{texts[1][1]}'
           f'</DataArray><DataArray type="Int64" Name="offsets" {texts[2][0]}>{texts[2][1]}</DataArray></Polys>'
           f'</Piece></PolyData>').encode()
    if appended:
        out += b'<AppendedData encoding="raw">_' + appended + b"</AppendedData>"
    return out + b"</VTKFile>\n"


def glb(points, triangles, node=None, extra=None):
    position = b"".join(struct.pack("<3f", *p) for p in points)
    index = b"".join(struct.pack("<3H", *t) for t in triangles)
    index += b"\0" * (-len(index) % 4)
    root = {"asset": {"version": "2.0"}, "scene": 0, "scenes": [{"nodes": [0]}],
            "nodes": [dict({"mesh": 0}, **(node or {}))],
            "meshes": [{"primitives": [{"attributes": {"POSITION": 0}, "indices": 1}]}],
            "buffers": [{"byteLength": len(position) + len(index)}],
            "bufferViews": [{"buffer": 0, "byteOffset": 0, "byteLength": len(position)},
                            {"buffer": 0, "byteOffset": len(position), "byteLength": 6 * len(triangles)}],
            "accessors": [{"bufferView": 0, "componentType": 5126, "count": len(points), "type": "VEC3"},
                          {"bufferView": 1, "componentType": 5123, "count": 3 * len(triangles), "type": "SCALAR"}]}
    root.update(extra or {})
    text = json.dumps(root).encode()
    text += b" " * (-len(text) % 4)
    data = position + index
    body = struct.pack("<II", len(text), 0x4E4F534A) + text + struct.pack("<II", len(data), 0x004E4942) + data
    return b"glTF" + struct.pack("<II", 2, 12 + len(body)) + body


def nrrd(voxels, size, kind="int16", space="left-posterior-superior", directions=((2, 0, 0), (0, 2, 0), (0, 0, 3)),
         origin=(-20, -20, -20), extra="", data_file=None):
    rows = " ".join("(" + ",".join(map(str, d)) + ")" for d in directions)
    head = (f"NRRD0004\ntype: {kind}\ndimension: 3\nspace: {space}\nsizes: {size[0]} {size[1]} {size[2]}\n"
            f"space directions: {rows}\nkinds: domain domain domain\nendian: little\nencoding: raw\n"
            f"space origin: ({origin[0]},{origin[1]},{origin[2]})\n{extra}")
    if data_file is not None:
        return (head + f"data file: {data_file}\n").encode()
    return head.encode() + b"\n" + voxels


def nifti(voxels, size, datatype=4, bits=16, rows=None, units=2, qform=None):
    rows = rows or ((-2, 0, 0, 20), (0, -2, 0, 20), (0, 0, 3, -20))
    head = struct.pack("<i36x8h", 348, 3, size[0], size[1], size[2], 1, 1, 1, 1) + bytes(14)
    head += struct.pack("<2h2x8f", datatype, bits, 1, 2, 2, 3, 1, 1, 1, 1)
    head += struct.pack("<3f3xB", 352, 1, 0, units) + bytes(128)
    head += struct.pack("<2h", 1 if qform else 0, 1) + struct.pack("<6f", *(qform or (0, 0, 1, 20, 20, -20)))
    head += b"".join(struct.pack("<4f", *r) for r in rows) + bytes(16) + b"n+1\0" + bytes(4)
    return head + voxels


def mha(voxels, size, kind="MET_SHORT", compressed=False, data_file="LOCAL", extra=""):
    data = zlib.compress(voxels) if compressed else voxels
    head = (f"ObjectType = Image\nNDims = 3\nBinaryData = True\nBinaryDataByteOrderMSB = False\n"
            f"CompressedData = {compressed}\nTransformMatrix = 1 0 0 0 1 0 0 0 1\nOffset = -20 -20 -20\n"
            f"ElementSpacing = 2 2 3\n{extra}DimSize = {size[0]} {size[1]} {size[2]}\nElementType = {kind}\n"
            f"ElementDataFile = {data_file}\n").encode()
    return head + (data if data_file == "LOCAL" else b"")


def ramp(size):
    """CT-like values, all different from their neighbours."""
    count = size[0] * size[1] * size[2]
    return struct.pack(f"<{count}h", *((i * 37) % 2000 - 1000 for i in range(count)))


def element(group, number, vr, value):
    value += (b"\0" if vr == "UI" else b" ") * (len(value) % 2)
    if vr in ("OW", "OB", "SQ", "UN"):
        return struct.pack("<HH2s2xI", group, number, vr.encode(), len(value)) + value
    return struct.pack("<HH2sH", group, number, vr.encode(), len(value)) + value


def dicom(position, pixels, rows=16, columns=16, series="1.2.3.4", orientation=(1, 0, 0, 0, 1, 0), spacing=(2, 2),
          modality="CT", name="ZYXWV^TESTPERSON", number="PID77665", instance=1):
    def text(*values):
        return "\\".join(f"{v:g}" if isinstance(v, float) else str(v) for v in values).encode()
    uid = f"{series}.{instance}".encode()
    meta = (element(2, 1, "OB", b"\0\1") + element(2, 2, "UI", b"1.2.840.10008.5.1.4.1.1.2") + element(2, 3, "UI", uid) +
            element(2, 0x10, "UI", b"1.2.840.10008.1.2.1") + element(2, 0x12, "UI", b"1.2.3"))
    meta = element(2, 0, "UL", struct.pack("<I", len(meta))) + meta
    body = (element(8, 0x16, "UI", b"1.2.840.10008.5.1.4.1.1.2") + element(8, 0x18, "UI", uid) +
            element(8, 0x60, "CS", modality.encode()) + element(8, 0x103E, "LO", b"of " + name.encode()) +
            element(0x10, 0x10, "PN", name.encode()) + element(0x10, 0x20, "LO", number.encode()) +
            element(0x20, 0xD, "UI", b"1.2.3") + element(0x20, 0xE, "UI", series.encode()) +
            element(0x20, 0x13, "IS", str(instance).encode()) + element(0x20, 0x32, "DS", text(*position)) +
            element(0x20, 0x37, "DS", text(*orientation)) + element(0x28, 2, "US", struct.pack("<H", 1)) +
            element(0x28, 4, "CS", b"MONOCHROME2") + element(0x28, 0x10, "US", struct.pack("<H", rows)) +
            element(0x28, 0x11, "US", struct.pack("<H", columns)) + element(0x28, 0x30, "DS", text(*spacing)) +
            element(0x28, 0x100, "US", struct.pack("<H", 16)) + element(0x28, 0x101, "US", struct.pack("<H", 16)) +
            element(0x28, 0x102, "US", struct.pack("<H", 15)) + element(0x28, 0x103, "US", struct.pack("<H", 1)) +
            element(0x28, 0x1052, "DS", b"-1024") + element(0x28, 0x1053, "DS", b"1") +
            element(0x7FE0, 0x10, "OW", pixels))
    return bytes(128) + b"DICM" + meta + body


def sequence(group, number, items):
    """A sequence of items, each the bytes of its elements."""
    return element(group, number, "SQ", b"".join(struct.pack("<HHI", 0xFFFE, 0xE000, len(i)) + i for i in items))


def dicom_seg(segments, frames, rows=16, columns=16, series="1.2.3.9", reference="1.2.3.4", spacing=(2, 2), between=3.0,
              orientation=(1, 0, 0, 0, 1, 0), kind="BINARY", bits=1, stated=None, pixels=None, cut=0):
    """A DICOM segmentation: segments are (number, label, code, Lab or None), frames (number, position or None, set of
    (column, row), orientation or None)."""
    def text(*values):
        return "\\".join(f"{v:g}" for v in values).encode()

    def short(group, number, *values):
        return element(group, number, "US", struct.pack(f"<{len(values)}H", *values))
    sop = b"1.2.840.10008.5.1.4.1.1.66.4"
    uid = f"{series}.1".encode()
    meta = (element(2, 1, "OB", b"\0\1") + element(2, 2, "UI", sop) + element(2, 3, "UI", uid) +
            element(2, 0x10, "UI", b"1.2.840.10008.1.2.1") + element(2, 0x12, "UI", b"1.2.3"))
    meta = element(2, 0, "UL", struct.pack("<I", len(meta))) + meta
    described = []
    for number, label, code, lab in segments:
        item = short(0x62, 4, number) + element(0x62, 5, "LO", label.encode())
        if lab:
            item += short(0x62, 0xD, *lab)
        described.append(item + sequence(0x62, 0xF, [element(8, 0x100, "SH", code.encode()) + element(8, 0x102, "SH", b"SCT") +
                                                      element(8, 0x104, "LO", label.encode())]))
    places = []
    for number, position, _, *turn in frames:
        place = sequence(0x20, 0x9113, [element(0x20, 0x32, "DS", text(*position))]) if position else b""
        if turn:
            place += sequence(0x20, 0x9116, [element(0x20, 0x37, "DS", text(*turn[0]))])
        places.append(place + sequence(0x62, 0xA, [short(0x62, 0xB, number)]))
    shared = sequence(0x20, 0x9116, [element(0x20, 0x37, "DS", text(*orientation))])
    shared += sequence(0x28, 0x9110, [(element(0x18, 0x88, "DS", text(between)) if between else b"") +
                                      element(0x28, 0x30, "DS", text(*spacing))])
    if pixels is None:
        stream = [1 if (i, j) in voxels else 0 for _, _, voxels, *_ in frames for j in range(rows) for i in range(columns)]
        stream += [0] * (-len(stream) % 16)
        pixels = bytes(sum(bit << k for k, bit in enumerate(stream[at:at + 8])) for at in range(0, len(stream), 8))
    pixels = pixels[:len(pixels) - cut]
    body = (element(8, 0x16, "UI", sop) + element(8, 0x18, "UI", uid) + element(8, 0x60, "CS", b"SEG") +
            sequence(8, 0x1115, [element(0x20, 0xE, "UI", reference.encode())]) +
            element(0x10, 0x10, "PN", b"ZYXWV^TESTPERSON") + element(0x10, 0x20, "LO", b"PID77665") +
            element(0x20, 0xD, "UI", b"1.2.3") + element(0x20, 0xE, "UI", series.encode()) + short(0x28, 2, 1) +
            element(0x28, 8, "IS", str(len(frames) if stated is None else stated).encode()) + short(0x28, 0x10, rows) +
            short(0x28, 0x11, columns) + short(0x28, 0x100, bits) + short(0x28, 0x101, bits) + short(0x28, 0x102, bits - 1) +
            short(0x28, 0x103, 0) + element(0x62, 1, "CS", kind.encode()) + sequence(0x62, 2, described) +
            sequence(0x5200, 0x9229, [shared]) + sequence(0x5200, 0x9230, places) + element(0x7FE0, 0x10, "OB", pixels))
    return bytes(128) + b"DICM" + meta + body


def slice_pixels(k, rows=16, columns=16):
    return struct.pack(f"<{rows * columns}h", *((i * 7 + k * 131) % 2000 for i in range(rows * columns)))


def series(folder, count=6, step=3.0, skip=(), twice=(), shift=None, turn=None, **more):
    """Writes slices; places, orientations and names can be made wrong."""
    folder.mkdir(parents=True, exist_ok=True)
    number = 0
    for k in range(count):
        if k in skip:
            continue
        for _ in range(2 if k in twice else 1):
            number += 1
            position = [-16.0, -16.0, -10.0 + step * k]
            if shift and k in shift:
                position[1] += shift[k]
            orientation = turn[k] if turn and k in turn else (1, 0, 0, 0, 1, 0)
            data = dicom(position, slice_pixels(k), orientation=orientation, instance=number, **more)
            # Names say nothing about the order.
            (folder / f"{(number * 7) % 13:02d}{number:02d}-{more.get('series', '1.2.3.4')}").write_bytes(data)


def sign(space, p):
    return [-p[0], -p[1], p[2]] if space == "RAS" else list(p)


def markups(kind, space, points=(), plane=None):
    markup = {"type": kind, "coordinateSystem": space, "coordinateUnits": "mm",
              "controlPoints": [{"id": str(i + 1), "label": label, "position": sign(space, p),
                                 "positionStatus": "defined"} for i, (label, p) in enumerate(points)]}
    if plane:
        center, normal, x, size = plane
        y = [normal[1] * x[2] - normal[2] * x[1], normal[2] * x[0] - normal[0] * x[2], normal[0] * x[1] - normal[1] * x[0]]
        axes = [sign(space, v) for v in (x, y, normal)]
        # What Slicer writes of matrices in LPS files is wrong by a sign: nothing may depend on them.
        wrong = [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1]
        if space == "LPS":
            wrong = [-v if 0 <= i < 8 else v for i, v in enumerate(wrong)]
        markup.update({"planeType": "pointNormal", "center": sign(space, center), "normal": sign(space, normal),
                       "orientation": [axes[c][r] for r in range(3) for c in range(3)], "size": [*size, 0.0],
                       "planeBounds": [-size[0] / 2, size[0] / 2, -size[1] / 2, size[1] / 2],
                       "objectToBase": wrong, "baseToNode": wrong})
    return json.dumps({"@schema": "https://raw.githubusercontent.com/slicer/slicer/master/Modules/Loadable/Markups/"
                                  "Resources/Schema/markups-schema-v1.0.3.json#", "markups": [markup]}).encode()


def multiply(a, b):
    return [[sum(a[i][k] * b[k][j] for k in range(4)) for j in range(4)] for i in range(4)]


def flip(m):
    return [[-v if (i < 2) != (j < 2) else v for j, v in enumerate(row)] for i, row in enumerate(m)]


def turn_z(degrees, t):
    c, s = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
    return [[c, -s, 0, t[0]], [s, c, 0, t[1]], [0, 0, 1, t[2]], [0, 0, 0, 1]]


def invert_rigid(m):
    r = [[m[j][i] for j in range(3)] for i in range(3)]
    t = [-sum(r[i][k] * m[k][3] for k in range(3)) for i in range(3)]
    return [r[0] + [t[0]], r[1] + [t[1]], r[2] + [t[2]], [0, 0, 0, 1]]


def tfm(matrix_node_to_parent_ras, centre=(0, 0, 0)):
    """As Slicer saves a transform: parent to node, LPS, about a centre."""
    a = flip(invert_rigid(matrix_node_to_parent_ras))
    # y = A (x - c) + c + t
    t = [a[i][3] + sum(a[i][k] * centre[k] for k in range(3)) - centre[i] for i in range(3)]
    numbers = " ".join(repr(a[i][k]) for i in range(3) for k in range(3)) + " " + " ".join(map(repr, t))
    return (f"#Insight Transform File V1.0\n#Transform 0\nTransform: AffineTransform_double_3_3\n"
            f"Parameters: {numbers}\nFixedParameters: {centre[0]} {centre[1]} {centre[2]}\n").encode()


OUTER = turn_z(30, (5, -7, 11))
INNER = turn_z(-80, (-3, 20, 40))
PLANE = ((10, -20, 30), (0, 0, 1), (1, 0, 0), (80, 60))
POINTS = (("S1", (1, 2, 3)), ("S2 left", (-40, 5.5, 100)))


def scene_files(space):
    """A scene by the rules of 3D Slicer: two transforms above a model, points and a plane; the outer
    one in a file. Returns {name: bytes}, the .mrml first."""
    points, triangles = box()
    inner = " ".join(repr(v) for row in INNER for v in row)
    node = 'references="storage:{};transform:Inner;display:Display"'
    mrml = f"""<MRML version="Slicer5.6.0" userTags="">
 <LinearTransform id="Outer" name="outer" references="storage:OuterStorage"></LinearTransform>
 <TransformStorage id="OuterStorage" fileName="Data/outer.tfm"></TransformStorage>
 <LinearTransform id="Inner" name="inner" references="transform:Outer" matrixTransformToParent="{inner}"></LinearTransform>
 <ModelDisplay id="Display" color="0.2 0.4 0.6" opacity="1"></ModelDisplay>
 <Model id="Model1" name="Sacrum" {node.format("ModelStorage1")}></Model>
 <ModelStorage id="ModelStorage1" fileName="Data/a%20box.ply" coordinateSystem="{space}"></ModelStorage>
 <MarkupsFiducial id="Points1" name="Landmarks" {node.format("PointStorage1")}></MarkupsFiducial>
 <MarkupsFiducialStorage id="PointStorage1" fileName="Data/points.mrk.json" coordinateSystem="{space}"></MarkupsFiducialStorage>
 <MarkupsPlane id="Plane1" name="S2 cut" {node.format("PlaneStorage1")}></MarkupsPlane>
 <MarkupsPlaneStorage id="PlaneStorage1" fileName="Data/plane.mrk.json" coordinateSystem="{space}"></MarkupsPlaneStorage>
 <Camera id="Camera1" name="view"></Camera>
</MRML>
"""
    return {"scene.mrml": mrml.encode(), "Data/outer.tfm": tfm(OUTER, (3, -4, 5)),
            "Data/a box.ply": ply([sign(space, p) for p in points], triangles, (f"SPACE={space}",)),
            "Data/points.mrk.json": markups("Fiducial", space, POINTS),
            "Data/plane.mrk.json": markups("Plane", space, (("c", PLANE[0]),), PLANE)}


def scene_world():
    """Node to world of that scene, LPS."""
    return flip(multiply(OUTER, INNER))


def apply(m, p, w=1):
    return [sum(m[i][k] * p[k] for k in range(3)) + w * m[i][3] for i in range(3)]


def write_scene(folder, space):
    for name, data in scene_files(space).items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    return folder / "scene.mrml"


def write_mrb(path, space, members=None):
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in (members or scene_files(space)).items():
            archive.writestr(name if members else "case/" + name, data)
    return path


def gz(data):
    return gzip.compress(data, mtime=0)
