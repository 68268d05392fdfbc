"""Reads what exitwave export wrote, as programs that know CXI, NeXus, TIFF and NumPy do, and prints it as JSON."""

import json
import sys
from pathlib import Path

import fabio
import h5py
import numpy as np

folder = Path(sys.argv[1])


def frames(path, energy):
    with h5py.File(path) as file:
        data = file["entry_1/data_1/data"]
        translation = file["entry_1/data_1/translation"][:, :2]
        detector = file["entry_1/instrument_1/detector_1"]
        return {
            "version": int(file["cxi_version"][()]),
            "shape": data.shape,
            "dtype": str(data.dtype),
            "last": data[-1].ravel().tolist(),
            "positions": translation[:, ::-1].ravel().tolist(),  # rows, columns
            "energy": float(file[energy][()]) / 1.602176634e-16,
            "unit": file[energy].attrs["units"],
            "distance": float(detector["distance"][()]),
            "psize": [float(detector["y_pixel_size"][()]), float(detector["x_pixel_size"][()])],
            "bad": np.argwhere(detector["mask"][()] != 0).tolist(),
            "class": file["entry_1"].attrs["NX_class"],
        }


def result(path):
    with h5py.File(path) as file:
        entry = file["entry_1"]
        image = entry["image_1"]
        return {
            "definition": entry["definition"][()].decode() if "definition" in entry else None,
            "object": [image["data"].shape, complex(image["data"][0, 2, 1]).__repr__(), image.attrs["NX_class"]],
            "psize": [float(image["y_pixel_size"][()]), float(image["x_pixel_size"][()])],
            "illumination": entry["instrument_1/source_1/illumination"].shape,
            "translation": entry["sample_1/geometry_1/translation"][()].tolist(),
        }


def tiff(path):
    image = fabio.open(str(path))
    pages = [image.data] + [image.get_frame(i).data for i in range(1, image.nframes)]
    return [{"dtype": str(page.dtype), "shape": page.shape, "values": page.ravel().tolist()} for page in pages]


print(
    json.dumps(
        {
            "cxi": frames(folder / "frames.cxi", "entry_1/instrument_1/source_1/energy"),
            "nxcxi": frames(folder / "frames.nxs", "entry_1/instrument_1/beam_1/energy"),
            "result": result(folder / "result.nxs"),
            "plain": result(folder / "result.cxi"),
            "phase": tiff(folder / "result_probe_phase.tiff"),
            "amplitude": tiff(folder / "result_object_amplitude.tiff"),
            "object": np.load(folder / "result_object.npy").view("f4").ravel().tolist(),
            "positions": np.load(folder / "result_positions.npy").tolist(),
        }
    )
)
