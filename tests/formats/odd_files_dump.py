"""Tells as JSON what h5py reads from files: for each data set of numbers or text its shape and values. odd_files_dump.py FOLDER"""

import json
import math
import os
import sys

import h5py
import numpy as np

MOST = 100_000


def values_of(dataset):
    """Shape and values as JSON can hold them: integers as text where they are large, what is no number by name; None if not told."""
    if dataset.shape is None or dataset.size > MOST:
        return None
    string = h5py.check_string_dtype(dataset.dtype)
    if string is not None:
        read = np.asarray(dataset[()], dtype=object).ravel()
        return [v.decode("utf-8", "replace") if isinstance(v, bytes) else str(v) for v in read]
    base = dataset.dtype.base
    if base.kind not in "iufb" or base.itemsize > 8:
        return None
    flat = np.asarray(dataset[()]).ravel()
    if base.kind == "f":
        return [str(v) if not math.isfinite(v) else v for v in flat.astype("f8").tolist()]
    return [str(v) for v in flat.astype("u8" if base.kind == "u" else "i8").tolist()]


def dump(path):
    found = {}
    try:
        file = h5py.File(path)
    except Exception:
        return found

    def visit(name, item):
        if not isinstance(item, h5py.Dataset):
            return
        try:
            values = values_of(item)
        except Exception:
            return
        if values is not None:
            shape = list(item.shape) + list(item.dtype.shape)
            found["/" + name] = {"shape": shape, "values": values}

    try:
        file.visititems(visit)
    except Exception:
        pass
    return found


folder = sys.argv[1]
json.dump({name: dump(os.path.join(folder, name)) for name in sorted(os.listdir(folder))}, sys.stdout)
