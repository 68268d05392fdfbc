"""Writes .ptyd files that lead out of their folder, declare sizes that nothing bears out, or have no end."""

import os
import sys

import h5py
import numpy as np

root, outside = sys.argv[1], sys.argv[2]


def ptyd(name, folder=root):
    file = h5py.File(os.path.join(folder, name + ".ptyd"), "w")
    for key, value in dict(energy=6.2, distance=7.0, psize=172e-6).items():
        file["meta/" + key] = value
    chunk = file.create_group("chunks/0")
    chunk["positions"] = np.arange(8.0).reshape(4, 2) * 1e-6
    file.create_group("info")
    return file, chunk


frames = np.arange(4 * 3 * 5, dtype="f4").reshape(4, 3, 5)
file, chunk = ptyd("other", outside)
chunk["data"] = frames
chunk["weights"] = np.ones((4, 3, 5), "u1")
file.close()
other = os.path.join(outside, "other.ptyd")
frames.tofile(os.path.join(outside, "raw.bin"))

file, chunk = ptyd("good")
chunk["data"] = frames
file.close()

for name, target in dict(external=other, relative=os.path.relpath(other, root)).items():
    file, chunk = ptyd(name)
    chunk["data"] = h5py.ExternalLink(target, "/chunks/0/data")
    file.close()

file, chunk = ptyd("within")
chunk["data"] = h5py.ExternalLink("good.ptyd", "/chunks/0/data")
file.close()

file, chunk = ptyd("group")
del file["chunks"]
file["chunks"] = h5py.ExternalLink(other, "/chunks")
file.close()

file, chunk = ptyd("not_hdf5")
del file["meta"]
file["meta"] = h5py.ExternalLink(os.path.join(outside, "raw.bin"), "/meta")
chunk["data"] = frames
file.close()

file, chunk = ptyd("virtual")
layout = h5py.VirtualLayout((4, 3, 5), "f4")
layout[:] = h5py.VirtualSource(other, "/chunks/0/data", shape=(4, 3, 5))
chunk.create_virtual_dataset("data", layout)
file.close()

file, chunk = ptyd("storage")
where = [(os.path.join(outside, "raw.bin"), 0, h5py.h5f.UNLIMITED)]
chunk.create_dataset("data", (4, 3, 5), "f4", external=where)
file.close()

file, chunk = ptyd("linked_file")
chunk["data"] = h5py.ExternalLink("link.ptyd", "/chunks/0/data")
os.symlink(other, os.path.join(root, "link.ptyd"))
file.close()

for name, count in dict(positions=10**9, more_positions=10**15).items():
    file, chunk = ptyd("many_" + name)
    del chunk["positions"]
    chunk.create_dataset("data", (count, 3, 5), "f4", chunks=(1, 3, 5))
    chunk.create_dataset("positions", (count, 2), "f8", chunks=(1024, 2))
    file.close()

file, chunk = ptyd("large_frames")
chunk.create_dataset("data", (4, 20000, 20000), "f4", chunks=(1, 64, 64))
file.close()

file, chunk = ptyd("large_weights")
chunk.create_dataset("data", (4, 9000, 9000), "u1", chunks=(1, 64, 64))
chunk.create_dataset("weights", (9000, 9000), "f8", chunks=(64, 64))
file.close()

file, chunk = ptyd("large_chunk")
chunk.create_dataset("data", (1, 30000, 30000), "u1", chunks=(1, 30000, 30000), compression="gzip")
del chunk["positions"]
chunk["positions"] = np.zeros((1, 2))
file.close()

file, chunk = ptyd("large_info")
chunk["data"] = frames
file["info"].create_dataset("x", (10**10,), "f8", chunks=(1024,))
file.close()

file, chunk = ptyd("much_info")
chunk["data"] = frames
for i in range(20):
    file["info"].create_dataset("x%d" % i, (10**6,), "f8", chunks=(1024,))
file.close()

file, chunk = ptyd("large_texts")
chunk["data"] = frames
file["info"].create_dataset("x", (10**8,), h5py.string_dtype(), chunks=(1024,))
file.close()

file, chunk = ptyd("circle")
chunk["data"] = frames
file["info/itself"] = file["info"]
file.close()

file, chunk = ptyd("soft_circle")
chunk["data"] = frames
file["info/itself"] = h5py.SoftLink("/info")
file.close()

file, chunk = ptyd("wide")
chunk["data"] = frames
group = file["info"]
for i in range(18):
    # Each group is two of the next: as a tree 2^18 groups, in the file 18.
    below = file.create_group("below/%d" % i)
    group["a"] = group["b"] = below
    group = below
file.close()
