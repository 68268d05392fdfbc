"""Takes a scan in SWMR mode, one frame every so many seconds: hdf5_live_writer.py FILE FRAMES SECONDS [FRAMES_WRITTEN]."""

import sys
import time

import h5py
import numpy as np

path, frames, seconds = sys.argv[1], int(sys.argv[2]), float(sys.argv[3])
written = int(sys.argv[4]) if len(sys.argv) > 4 else frames
y, x = np.mgrid[0:4, 0:4]

with h5py.File(path, "w", libver="latest") as file:
    growing = file.create_dataset("growing", (0, 4, 4), "u2", maxshape=(None, 4, 4), chunks=(2, 4, 4))
    raster = file.create_dataset("raster", (frames // 3, 3, 4, 4), "u2", chunks=(1, 3, 4, 4))
    done = file.create_dataset("done", (frames,), "u1", chunks=(frames,))
    done_raster = file.create_dataset("done_raster", (frames // 3, 3, 1, 1), "i4", chunks=(1, 3, 1, 1))
    counted = file.create_dataset("counted", (0,), "u1", maxshape=(None,), chunks=(4,))
    slow = file.create_dataset("slow", (0,), "f8", maxshape=(None,), chunks=(4,))
    fast = file.create_dataset("fast", (0,), "f8", maxshape=(None,), chunks=(4,))
    monitor = file.create_dataset("monitor", (frames,), "f8", chunks=(frames,))
    file["all_slow"] = 3.0 * np.arange(frames) ** 2
    file["all_fast"] = -1.0 * np.arange(frames)
    file.swmr_mode = True
    print("started", flush=True)
    for n in range(written):
        time.sleep(seconds)
        frame = 1000 * (n + 1) + 10 * y + x
        for motor, value in ((slow, 3.0 * n**2), (fast, -1.0 * n)):
            motor.resize(n + 1, 0)
            motor[n] = value
        growing.resize(n + 1, 0)
        growing[n] = frame
        raster[n // 3, n % 3] = frame
        monitor[n] = 1 + n
        for part in (slow, fast, growing, raster, monitor):
            part.flush()
        # Only what is complete is announced.
        counted.resize(n + 1, 0)
        for flags, place in ((counted, n), (done, n), (done_raster, (n // 3, n % 3))):
            flags[place] = 1
            flags.flush()
