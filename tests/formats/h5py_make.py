"""Writes an HDF5 file with element types and storage that we must read but do not write."""

import sys

import h5py
import numpy as np

with h5py.File(sys.argv[1], "w") as file:
    file["big_int"] = np.array([1, -2, 70000], ">i4")
    file["big_float"] = np.array([[1.5, -2.25]], ">f8")
    file["big_complex"] = np.array([1 + 2j, 3 - 4j], ">c8")
    file["big_single"] = np.array(3 - 4j, ">c16")
    file["half"] = np.array([1, -0.5, 65504], "f2")
    file["bools"] = np.array([[True, False], [False, True]])
    file["bool"] = True
    file["large"] = np.uint64(2**63 + 1)
    file["small"] = np.int64(-5)
    file["fixed"] = np.array([b"ab", b"cde"], "S5")
    file["fixed_text"] = np.bytes_("single")
    file.create_dataset("texts", data=["x", "\u00e4\u00f6"], dtype=h5py.string_dtype())
    frames = np.arange(2 * 3 * 4, dtype="u2").reshape(2, 3, 4)
    file.create_dataset("shuffled", data=frames, chunks=(1, 2, 2), shuffle=True, compression="gzip", fletcher32=True)
    file.create_dataset("offset", data=frames, chunks=(1, 3, 4), scaleoffset=0)
    file.create_dataset("lzf", data=frames, chunks=(1, 3, 4), compression="lzf")
    file["nothing"] = h5py.Empty("f4")
    layout = h5py.VirtualLayout((2, 3, 4), "u2")
    layout[0] = h5py.VirtualSource(file["shuffled"])[1]
    layout[1] = h5py.VirtualSource(file["shuffled"])[0]
    file.create_virtual_dataset("virtual", layout)
    file["shuffled"].attrs["unit"] = "counts"
    file["shuffled"].attrs["scale"] = np.array([1, 2.5])
    file["shuffled"].attrs["pairs"] = np.zeros(1, [("a", "i4"), ("b", "S3")])
