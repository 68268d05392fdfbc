"""Speed of scipy.fft.fft2 on a stack of frames, one worker.

Run: /usr/bin/python3 bench/compare_scipy.py [--double] SIZE ...     one JSON line per size
 or: /usr/bin/python3 bench/compare_scipy.py [--double] --serve      reads "SIZE FRAMES SECONDS" lines, answers each
"""

import json
import sys
import time

import numpy as np
import scipy.fft


def ns_per_point(size, frames, seconds, dtype):
    rng = np.random.default_rng(1)
    stack = (rng.random((frames, size, size)) + 1j * rng.random((frames, size, size))).astype(dtype)
    times = []
    scipy.fft.fft2(stack, workers=1)
    end = time.perf_counter() + seconds
    while time.perf_counter() < end or len(times) < 5:
        start = time.perf_counter()
        scipy.fft.fft2(stack, workers=1)
        times.append(time.perf_counter() - start)
    return 1e9 * float(np.median(times)) / stack.size


def answer(size, frames, seconds, dtype):
    record = {
        "kernel": "fft2",
        "device": "scipy " + scipy.__version__,
        "threads": 1,
        "precision": "single" if dtype == np.complex64 else "double",
        "size": size,
        "nsPerPoint": ns_per_point(size, frames, seconds, dtype),
    }
    print(json.dumps(record), flush=True)


def main():
    dtype = np.complex128 if "--double" in sys.argv else np.complex64
    if "--serve" in sys.argv:
        for line in sys.stdin:
            size, frames, seconds = line.split()
            answer(int(size), int(frames), float(seconds), dtype)
        return
    for size in (int(arg) for arg in sys.argv[1:] if not arg.startswith("--")):
        answer(size, max(1, round((256 / size) ** 2)), 0.3, dtype)


main()
