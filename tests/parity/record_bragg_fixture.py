"""Records a few values of PtyPy 0.4.0's Bragg oracle for where ../shared is not there: /usr/bin/python3 tests/parity/record_bragg_fixture.py"""

import json
import pathlib

import h5py
import numpy

here = pathlib.Path(__file__).parent
inputs = h5py.File(here / "../../../shared/reference/oracles/oracle_bragg_v0.4.0.h5")["inputs"]
draw = numpy.random.RandomState(5)


def some(values, count=40):
    """Where the modulus is not 0, so that a swap of axes shows."""
    flat = numpy.abs(numpy.asarray(values)).ravel()
    at = numpy.sort(draw.choice(numpy.flatnonzero(flat > 1e-3 * flat.max()), count, replace=False))
    return {"at": at.tolist(), "values": flat[at].tolist(), "largest": float(flat.max()), "sum": float(flat.sum())}


fixture = {
    "resolution": inputs.attrs["resolution"].tolist(),
    "object_origin": inputs.attrs["object_origin"].tolist(),
    "probe": some(inputs["probe0"]),
    "intensities": some(inputs["intensities"]),
    "low": inputs["dlow"][()].ravel().tolist(),
}
(here / "fixtures/bragg.json").write_text(json.dumps(fixture))
