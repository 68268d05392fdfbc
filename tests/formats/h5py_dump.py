"""Prints what h5py sees in an HDF5 file as JSON: per path the kind, dtype, shape, values and the `type` attribute."""

import json
import sys

import h5py
import numpy as np


def plain(value):
    if isinstance(value, bytes):
        return value.decode()
    if isinstance(value, np.void):
        return {name: plain(value[name]) for name in value.dtype.names}
    value = np.asarray(value)
    if value.dtype.kind == "c":
        return np.stack([value.real, value.imag], axis=-1).tolist()
    return value.tolist()


def attribute_type(item, name):
    """Text attributes must be single UTF-8 strings of variable length."""
    attribute = h5py.h5a.open(item.id, name.encode())
    kind = attribute.get_type()
    text = isinstance(kind, h5py.h5t.TypeStringID) and kind.is_variable_str() and kind.get_cset() == h5py.h5t.CSET_UTF8
    return "utf8" if text and attribute.shape == () else str(kind.dtype)


def seen(group, path, found):
    for name in group:
        link = group.get(name, getlink=True)
        item = group[name]
        here = path + "/" + name
        about = {"attributes": {}, "link": type(link).__name__}
        for key in item.attrs:
            about["attributes"][key] = [attribute_type(item, key), plain(item.attrs[key])]
        if isinstance(item, h5py.Group):
            about["kind"] = "group"
            found[here] = about
            seen(item, here, found)
        else:
            text = h5py.check_string_dtype(item.dtype)
            about.update(kind="dataset", dtype="string" if text else str(item.dtype), shape=list(item.shape))
            about["gzip"] = item.compression == "gzip"
            about["value"] = plain(item[()])
            found[here] = about


found = {}
with h5py.File(sys.argv[1], "r") as file:
    root = {key: [attribute_type(file, key), plain(file.attrs[key])] for key in file.attrs}
    found["/"] = {"kind": "group", "attributes": root}
    seen(file, "", found)
print(json.dumps(found))
