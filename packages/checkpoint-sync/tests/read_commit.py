"""Extracts the newest commit of a job from a folder: read_commit.py JOB_OUTPUT_FOLDER TARGET

A second reader of FORMAT.md, with nothing but the standard library.
"""
import gzip
import hashlib
import json
import os
import re
import sys

store, target = sys.argv[1:]


def read_log():
    folder = os.path.join(store, "commits")
    names = sorted(n for n in os.listdir(folder) if re.fullmatch(r"\d{12}\.json", n))
    commits, generation = {}, 0
    for seq, name in enumerate(names, 1):
        assert int(name[:12]) == seq, "the log has a gap before " + name
        with open(os.path.join(folder, name), encoding="utf-8") as file:
            entry = json.load(file)
        assert entry["version"] == 1 and entry["seq"] == seq, name
        if entry["generation"] < generation:
            continue
        generation = entry["generation"]
        if entry["kind"] == "commit":
            commits[seq] = entry
        elif entry["kind"] == "quarantine":
            commits.pop(entry["commit"], None)
        elif entry["kind"] == "prune":
            for dropped in entry["dropped"]:
                commits.pop(dropped, None)
    return commits


def read_pack(key):
    assert re.fullmatch(r"packs/[1-9]\d*-\d+", key), key
    with open(os.path.join(store, key), "rb") as file:
        return file.read()


def read_manifest(reference):
    place = reference["manifest"]
    stored = read_pack(reference["key"])[place["offset"] : place["offset"] + place["length"]]
    assert hashlib.sha256(stored).hexdigest() == place["sha256"], reference["key"]
    manifest = json.loads(gzip.decompress(stored))
    assert manifest["version"] in (1, 2), reference["key"]
    for file in manifest["files"]:
        if manifest["version"] == 1:
            file["extents"] = [[*file["at"], file["bytes"]]] if file["at"] else []
    return manifest


def read_content(pack):
    body, at, content = read_pack(pack["key"]), 0, b""
    for stored, raw in pack["blocks"]:
        block = gzip.decompress(body[at : at + stored])
        assert len(block) == raw, pack["key"]
        at, content = at + stored, content + block
    return content


commits = read_log()
newest = read_manifest(commits[max(commits)]["pack"])
files, packs = {}, {}
for manifest in [*map(read_manifest, newest["layers"]), newest]:
    for path in manifest["removed"]:
        files.pop(path, None)
    for file in manifest["files"]:
        files[file["path"]] = (file, manifest["packs"])
for path, (file, named) in files.items():
    assert not re.search(r"(^/|\\|\0|(^|/)\.{0,2}(/|$))", path), path
    content = b""
    for index, offset, length in file["extents"]:
        pack = named[index]
        if pack["key"] not in packs:
            packs[pack["key"]] = read_content(pack)
        content += packs[pack["key"]][offset : offset + length]
    assert hashlib.sha256(content).hexdigest() == file["sha256"], path
    os.makedirs(os.path.dirname(os.path.join(target, path)), exist_ok=True)
    with open(os.path.join(target, path), "xb") as out:
        out.write(content)
