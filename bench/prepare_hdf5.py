"""What bench/prepare_hdf5.ts compares with: makes a scan of so many bytes, or prepares it as Exitwave does, with h5py.

prepare_hdf5.py make FILE BYTES   uint16 frames of 512 x 512 in chunks of a frame, counts of a Poisson process
prepare_hdf5.py prepare FILE OUT  frames cropped to 256 x 256 about (256, 256), as int32 with masks into OUT; tells seconds and peak memory
"""

import resource
import sys
import time

import h5py
import numpy as np

SIDE, WINDOW, FRAMES_AT_A_TIME = 512, 256, 64
# That of our files and of PtyPy's.
LEVEL = 4


def make(path, size):
    frames = size // (2 * SIDE * SIDE)
    random = np.random.default_rng(1)
    y, x = np.mgrid[0:SIDE, 0:SIDE] - SIDE / 2
    mean = 500 * np.exp(-(y**2 + x**2) / 2e3) + 0.05
    some = random.poisson(mean, (16, SIDE, SIDE)).astype("u2")
    with h5py.File(path, "w") as file:
        data = file.create_dataset("data", (frames, SIDE, SIDE), "u2", chunks=(1, SIDE, SIDE))
        for n in range(frames):
            data[n] = np.roll(some[n % 16], n, axis=1)
        file["slow"], file["fast"] = np.divmod(np.arange(frames), 64)


def prepare(path, out):
    start = time.perf_counter()
    first = (SIDE - WINDOW) // 2
    window = slice(first, first + WINDOW)
    with h5py.File(path) as file, h5py.File(out, "w") as result:
        data = file["data"]
        for chunk, begin in enumerate(range(0, len(data), FRAMES_AT_A_TIME)):
            frames = data[begin : begin + FRAMES_AT_A_TIME][:, window, window]
            group = result.create_group(f"chunks/{chunk}")
            weights = np.ones(frames.shape)
            assert (frames[weights > 0] >= 0).all()
            group.create_dataset("data", data=frames.astype("i4"), compression="gzip", compression_opts=LEVEL)
            group.create_dataset("weights", data=weights, compression="gzip", compression_opts=LEVEL)
    print(f"{time.perf_counter() - start} {time.process_time()} {1024 * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss}")


if sys.argv[1] == "make":
    make(sys.argv[2], int(sys.argv[3]))
else:
    prepare(sys.argv[2], sys.argv[3])
