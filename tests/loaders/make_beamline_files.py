"""Writes the small files of tests/fixtures/beamlines with h5py and fabio, laid out as each instrument lays out its own.

Frames are 5 x 7 pixels of 1 + 1000 frame + 100 y + x, positions have no symmetry, so that a swapped axis, a flip or a sign shows.

    /usr/bin/python3 tests/loaders/make_beamline_files.py
"""

import os
import shutil

import h5py
import numpy as np

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.join(HERE, "..", "fixtures", "beamlines")
ROWS, COLS = 5, 7


def frame(index):
    y, x = np.mgrid[:ROWS, :COLS]
    return 1 + 1000 * index + 100 * y + x


def frames(count, dtype):
    return np.array([frame(i) for i in range(count)], dtype)


def mask():
    valid = np.ones((ROWS, COLS), "u1")
    valid[1, 2] = 0
    valid[4, 0] = 0
    return valid


def dark():
    y, x = np.mgrid[:ROWS, :COLS]
    return 2.0 + y + 0.25 * x


def flat():
    """Whose difference from the dark frame is a power of two, so that quotients are exact."""
    y, x = np.mgrid[:ROWS, :COLS]
    return dark() + 2.0 ** ((y + 2 * x) % 3)


def open_new(*parts):
    path = os.path.join(ROOT, *parts)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    return h5py.File(path, "w")


def savu():
    with open_new("savu", "arrays.h5") as file:
        file["entry/frames"] = frames(4, "u2")
        file["entry/positions"] = np.array([[1, 10], [2, 30], [4, -20], [8, 5]]) * 1e-6
        file["entry/mask"] = mask()
        each = np.repeat(mask()[None], 4, axis=0)
        each[2, 0, 6] = 0
        file["entry/masks"] = each
        file["entry/flat_frames"] = frames(4, "u2").reshape(4, -1)
    np.save(os.path.join(ROOT, "savu", "frames.npy"), frames(4, "f4"))


def amo():
    with open_new("amo", "scan.h5") as file:
        file["data/photons"] = frames(4, "f4")
        file["data/posx"] = np.array([10.0, 30, -20, 5])
        file["data/posy"] = np.array([1.0, 2, 4, 8])
    with open_new("amo", "mask.h5") as file:
        file["mask"] = mask()
    with open_new("amo", "dark.h5") as file:
        file["data/photons"] = np.array([dark() - 1, dark() + 1])
    with open_new("amo", "flat.h5") as file:
        file["flat"] = flat()
    with open_new("amo", "wide_dark.h5") as file:
        file["dark"] = np.ones((ROWS, COLS + 1))


def als():
    with open_new("als", "scan.cxi") as file:
        file["entry_1/data_1/data"] = frames(4, "i4")
        file["entry_1/data_1/translation"] = np.array([[10, 1, 7], [30, 2, 7], [-20, 4, 7], [5, 8, 7]]) * 1e-6
        detector = file.create_group("entry_1/instrument_1/detector_1")
        detector["distance"] = 0.121
        detector["x_pixel_size"] = 3e-5
        detector["y_pixel_size"] = 2e-5
    with open_new("als", "mask.h5") as file:
        file["mask"] = mask()
        file["short"] = mask()[:4]


MAKERS = [savu, amo, als]

if __name__ == "__main__":
    shutil.rmtree(ROOT, ignore_errors=True)
    for make in MAKERS:
        make()
