"""Writes tests/fixtures/hdf5_loader/filters.h5: the same frames behind every filter that beamlines use; filters.json: where chunks begin.

Run with Debian's python3 (python3-h5py, python3-hdf5plugin). Bitshuffle is not in Debian: its chunks are made here as its documentation
describes them (big-endian sizes, blocks of which bits are transposed, LZ4 blocks that hold literals only) and written as they are.
"""

import json
import os
import struct
import sys

os.environ.setdefault("HDF5_PLUGIN_PATH", "/usr/lib/x86_64-linux-gnu/hdf5/serial/plugins")
import h5py  # noqa: E402
import hdf5plugin  # noqa: E402
import numpy as np  # noqa: E402

FRAMES, HEIGHT, WIDTH = 6, 16, 24
CHUNK = (2, HEIGHT, WIDTH)
BLOCK = 256  # elements

folder = sys.argv[1] if len(sys.argv) > 1 else os.path.join(os.path.dirname(__file__), "../fixtures/hdf5_loader")
n, y, x = np.ogrid[0:FRAMES, 0:HEIGHT, 0:WIDTH]
frames = (1000 * (n + 1) + 10 * y + x).astype("u2")


def lz4_literals(data):
    """An LZ4 block without matches."""
    head = bytes([min(len(data), 15) << 4])
    rest = len(data) - 15
    while rest >= 0:
        head += bytes([min(rest, 255)])
        rest -= 255
    return head + data


def bit_transposed(block):
    """Bit b of all elements, then bit b + 1 of all, as bytes with the first element in the least significant bit."""
    bits = np.unpackbits(block.view("u1").reshape(block.size, block.itemsize), axis=1, bitorder="little")
    return np.packbits(np.ascontiguousarray(bits.T), axis=1, bitorder="little").tobytes()


def bitshuffled(chunk, compress):
    flat = chunk.ravel()
    whole = flat.size - flat.size % 8
    parts = [flat[i : min(i + BLOCK, whole)] for i in range(0, whole, BLOCK)]
    if not compress:
        return b"".join(bit_transposed(part) for part in parts) + flat[whole:].tobytes()
    out = struct.pack(">QI", flat.nbytes, BLOCK * flat.itemsize)
    for part in parts:
        block = lz4_literals(bit_transposed(part))
        out += struct.pack(">I", len(block)) + block
    return out + flat[whole:].tobytes()


def write_chunks(file, name, values, compress):
    space = h5py.h5s.create_simple(frames.shape)
    plist = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
    plist.set_chunk(CHUNK)
    plist.set_filter(32008, h5py.h5z.FLAG_OPTIONAL, values)
    h5py.h5d.create(file.id, name.encode(), h5py.h5t.STD_U16LE, space, plist)
    for start in range(0, FRAMES, CHUNK[0]):
        data = bitshuffled(frames[start : start + CHUNK[0]], compress)
        file[name].id.write_direct_chunk((start, 0, 0), data)


with h5py.File(os.path.join(folder, "filters.h5"), "w") as file:
    def write(name, **filters):
        file.create_dataset(name, data=frames, chunks=CHUNK, **filters)

    write("gzip", compression="gzip", shuffle=True, fletcher32=True)
    write("lzf", compression="lzf")
    write("lz4", **hdf5plugin.LZ4())
    write("bzip2", **hdf5plugin.BZip2())
    for name in ("blosclz", "lz4", "lz4hc", "zstd", "zlib", "snappy"):
        write(f"blosc_{name}", **hdf5plugin.Blosc(cname=name))
    file.create_dataset("zfp", data=frames.astype("f4"), chunks=CHUNK, **hdf5plugin.Zfp(reversible=True))
    write_chunks(file, "bitshuffle", (0, 4, 2, BLOCK, 0), compress=False)
    write_chunks(file, "bitshuffle_lz4", (0, 4, 2, BLOCK, 2), compress=True)
    file.flush()
    starts = {
        name: [dataset.id.get_chunk_info(i).byte_offset for i in range(dataset.id.get_num_chunks())]
        for name, dataset in file.items()
    }
with open(os.path.join(folder, "filters.json"), "w") as file:
    json.dump(starts, file)
