"""Writes tests/fixtures/hdf5_loader/: one scan in every layout that Hdf5Loader reads. Run with Debian's python3 (python3-h5py)."""

import os
import sys

import h5py
import numpy as np

ROWS, COLS, HEIGHT, WIDTH = 3, 4, 4, 6
FRAMES = ROWS * COLS

folder = sys.argv[1] if len(sys.argv) > 1 else os.path.join(os.path.dirname(__file__), "../fixtures/hdf5_loader")


def frames(count=FRAMES, offset=0):
    """Counts that say where they are: 1000 (frame + 1) + 10 y + x."""
    n, y, x = np.ogrid[0:count, 0:HEIGHT, 0:WIDTH]
    return (offset + 1000 * (n + 1) + 10 * y + x).astype("u2")


row, col = np.mgrid[0:ROWS, 0:COLS]
slow = 5.0 * row + 0.25 * col  # um, a scan that is slightly sheared
fast = 2.0 * col - 0.125 * row

with h5py.File(os.path.join(folder, "scan.h5"), "w") as file:
    entry = file.create_group("entry")
    entry["raster"] = frames().reshape(ROWS, COLS, HEIGHT, WIDTH)
    entry["row"] = frames()
    entry.create_dataset("chunked", data=frames(), chunks=(5, 2, 6), compression="gzip", shuffle=True)
    entry.create_dataset(
        "chunked_raster", data=frames().reshape(ROWS, COLS, HEIGHT, WIDTH), chunks=(1, 3, 4, 6), compression="gzip"
    )
    entry["outer"] = np.stack([frames(), frames(offset=20000)])
    motors = entry.create_group("motors")
    motors["grid_slow"], motors["grid_fast"] = slow, fast
    motors["row_slow"], motors["row_fast"] = slow.ravel(), fast.ravel()
    motors["deep_slow"], motors["deep_fast"] = slow[:, :, None, None], fast[:, :, None, None]
    motors["axis_slow"], motors["axis_fast"] = 5.0 * np.arange(ROWS), 2.0 * np.arange(COLS)
    motors["table"] = np.stack([fast.ravel(), np.full(FRAMES, 99.0), slow.ravel()], axis=1).astype("f4")
    motors["columns"] = motors["table"][()].T
    motors["outer_slow"] = np.stack([slow.ravel(), slow.ravel() + 100])
    motors["outer_fast"] = np.stack([fast.ravel(), fast.ravel() + 200])
    motors["short"] = np.arange(5.0)
    y, x = np.ogrid[0:HEIGHT, 0:WIDTH]
    dark = (100 + 3 * y + x).astype("u2")
    entry["dark"] = dark
    entry["dark_frames"] = dark + 10 * np.arange(FRAMES, dtype="u2")[:, None, None]
    entry["bright_dark"] = np.full((HEIGHT, WIDTH), 1500, "u2")
    entry["wrong_dark"] = np.ones((HEIGHT, WIDTH - 1), "u2")
    gain = 1 + 0.25 * y + 0.5 * x
    gain[1, 2] = 0
    entry["gain"] = gain
    gains = np.tile(gain, (FRAMES, 1, 1))
    gains[5, 0, 3] = np.nan
    entry["gain_frames"] = gains
    entry["monitor"] = 1 + 0.5 * np.arange(FRAMES)
    entry["monitor_raster"] = (1 + 0.5 * np.arange(FRAMES)).reshape(ROWS, COLS, 1)
    broken = 1 + 0.5 * np.arange(FRAMES)
    broken[7] = 0
    entry["broken_monitor"] = broken
    mask = np.ones((HEIGHT, WIDTH), bool)
    mask[0, 1] = mask[3, 5] = False
    entry["mask"] = mask
    entry["bad"] = (~mask).astype("i4") * 7
    masks = np.tile(mask, (FRAMES, 1, 1))
    masks[4, 2, 0] = False
    entry["mask_frames"] = masks.astype("u1").reshape(ROWS, COLS, HEIGHT, WIDTH)
    entry["used"] = np.array([1, 1, 0, 1, 1, 1, 1, 0, 1, 1, 1, 1], "u1")
    entry["energy"] = np.array([8750.0])
    entry["distance"] = 1920.0
    entry["psize"] = np.array([75.0, 55.0])
    entry["soft"] = h5py.SoftLink("/entry/row")
    entry["elsewhere"] = h5py.ExternalLink("linked.h5", "/deep/row")
    entry["record"] = np.zeros(3, [("a", "i4"), ("b", "S3")])

with h5py.File(os.path.join(folder, "linked.h5"), "w") as file:
    file["deep/row"] = frames()
    layout = h5py.VirtualLayout((FRAMES, HEIGHT, WIDTH), "u2")
    source = h5py.VirtualSource("scan.h5", "/entry/raster", (ROWS, COLS, HEIGHT, WIDTH))
    for n in range(FRAMES):
        layout[n] = source[n // COLS, n % COLS]
    file.create_virtual_dataset("virtual", layout)
