"""Writes the CXI files in tests/fixtures/cxi with h5py, as Maia (2012) and the NeXus definition NXcxi_ptycho lay them out.

Frame f has 1 + 1000 f + 100 y + x at (y, x), so that no axis can be swapped or turned; positions are those of a bent line.
"""

import sys
from pathlib import Path

import h5py
import numpy as np

folder = Path(sys.argv[1] if len(sys.argv) > 1 else Path(__file__).parent.parent / "fixtures" / "cxi")
folder.mkdir(parents=True, exist_ok=True)

FRAMES, ROWS, COLS = 6, 4, 5
f, y, x = np.meshgrid(np.arange(FRAMES), np.arange(ROWS), np.arange(COLS), indexing="ij")
frames = 1 + 1000 * f + 100 * y + x
i = np.arange(FRAMES)
translation = np.stack([2e-6 * i, -1e-6 * i * i, 0 * i + 0.5], axis=1)  # x, y, z in metres
ENERGY_J = 8800 * 1.602176634e-19

with h5py.File(folder / "scan.cxi", "w") as file:
    file["cxi_version"] = 160
    entry = file.create_group("entry_1")
    detector = entry.create_group("instrument_1/detector_1")
    data = frames.astype("u2")
    data[2, 1, 3] = 65535  # saturated
    detector.create_dataset("data", data=data, chunks=(1, ROWS, COLS), compression="gzip")
    detector["distance"] = 1.92
    detector["x_pixel_size"] = 75e-6
    detector["y_pixel_size"] = 55e-6
    mask = np.zeros((ROWS, COLS), "u4")
    mask[0, 4] = 0x8  # dead
    mask[3, 0] = 0x20  # found to be a peak: valid
    mask[2, 2] = 0x200  # missing
    detector["mask"] = mask
    entry["instrument_1/source_1/energy"] = ENERGY_J
    entry["sample_1/geometry_1/translation"] = translation
    group = entry.create_group("data_1")
    group["data"] = h5py.SoftLink("/entry_1/instrument_1/detector_1/data")
    group["translation"] = h5py.SoftLink("/entry_1/sample_1/geometry_1/translation")

# The same scan as NeXus: a grid of 2 x 3 points, lengths in mm and um, energy in eV, a mask for each frame, a machine of 3 GeV.
with h5py.File(folder / "raster.nxs", "w") as file:
    file["cxi_version"] = 160
    entry = file.create_group("entry_1")
    entry.attrs["NX_class"] = "NXentry"
    entry["definition"] = "NXcxi_ptycho"
    detector = entry.create_group("instrument_1/detector_1")
    detector.create_dataset("data", data=frames.astype("u4").reshape(2, 3, ROWS, COLS), chunks=(1, 2, ROWS, COLS))
    for name, value, unit in [("distance", 1920.0, "mm"), ("x_pixel_size", 75.0, "um"), ("y_pixel_size", 55.0, "um")]:
        detector[name] = value
        detector[name].attrs["units"] = unit
    masks = np.zeros((FRAMES, ROWS, COLS), "u1")
    masks[4, 0, 1] = 1
    detector["mask"] = masks
    entry["instrument_1/source_1/energy"] = 3.0
    entry["instrument_1/source_1/energy"].attrs["units"] = "GeV"
    entry["instrument_1/beam_1/energy"] = 8800.0
    entry["instrument_1/beam_1/energy"].attrs["units"] = "eV"
    entry["sample_1/geometry_1/translation"] = translation * 1e9
    entry["sample_1/geometry_1/translation"].attrs["units"] = "nm"
    group = entry.create_group("data_1")
    group["data"] = h5py.SoftLink("/entry_1/instrument_1/detector_1/data")
