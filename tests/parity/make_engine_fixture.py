#!/usr/bin/python3
"""Writes fixtures/engines.json: small engine runs by the independent numpy formulas of ../shared/reference/oracles/verify_oracle.py.

Six frames of 12 x 12 pixels on an 18 x 19 object, two probe modes, a mask, far field with curved phases. Needs numpy, scipy and h5py.
"""
import base64
import json
import os
import numpy as np

HERE = os.path.dirname(os.path.abspath(__file__))
SHARED = os.path.join(HERE, "../../../shared/reference/oracles/verify_oracle.py")
SIDE, SHAPE, ITERATIONS = 12, (18, 19), 3
DLOW = [[0, 0], [1, 3], [0, 7], [5, 1], [6, 4], [4, 6]]

BASE = {"numiter": 10, "numiter_contiguous": 1, "probe_support": 0.7}
OVERLAP = {"alpha": 1, "overlap_converge_factor": 0.05, "overlap_max_iterations": 10}
DM = {
    **BASE, **OVERLAP, "name": "DM", "probe_update_start": 0, "subpix_start": 0, "subpix": "linear",
    "update_object_first": True, "probe_inertia": 1e-9, "object_inertia": 1e-4, "fourier_relax_factor": 0.05,
    "obj_smooth_std": None, "clip_object": None, "probe_center_tol": None,
    "position_refinement": {"start": None, "stop": None, "interval": 1, "nshifts": 4, "amplitude": 1e-3,
                            "max_shift": 2e-3, "record": False},
}
ML = {
    **BASE, "name": "ML", "ML_type": "gaussian", "probe_update_start": 0, "floating_intensities": False,
    "intensity_renormalization": 1.0, "reg_del2": False, "reg_del2_amplitude": 0.01, "smooth_gradient": 0.0,
    "smooth_gradient_decay": 0.0, "scale_precond": False, "scale_probe_object": 1.0,
    "position_refinement": DM["position_refinement"],
}
EPIE = {
    **BASE, "name": "ePIE", "alpha": 1.0, "beta": 1.0, "probe_update_start": 0, "synchronization": 1,
    "redistribute_data": True, "average_probe": False, "random_order": False, "clip_object": None,
    "obj_smooth_std": None, "probe_center_tol": None,
}
CASES = {
    "DM": DM,
    "DM_alpha_clip_smooth": {**DM, "alpha": 0.8, "clip_object": (0.6, 1.1), "obj_smooth_std": 1.5,
                             "object_inertia": 0.05, "probe_inertia": 0.01, "probe_update_start": 1},
    "DM_simple": {**BASE, **OVERLAP, "name": "DM_simple"},
    "ML_gaussian": {**ML, "floating_intensities": True, "reg_del2": True, "smooth_gradient": 1.0,
                    "smooth_gradient_decay": 0.1, "scale_precond": True, "scale_probe_object": 0.5},
    "ML_poisson": {**ML, "ML_type": "poisson", "intensity_renormalization": 0.5, "probe_update_start": 1},
    "ePIE": EPIE,
}


class Group(dict):
    """What the formulas read of an HDF5 group: items that give their array by [()], and attributes."""
    def __init__(self, items, attrs):
        super().__init__({k: v if isinstance(v, dict) else np.asarray(v) for k, v in items.items()})
        self.attrs = attrs


def make_inputs(rng):
    yy, xx = np.indices((SIDE, SIDE)) - (SIDE - 1) / 2
    form = np.exp(-(yy**2 + 1.3 * xx**2) / 18) * np.exp(1j * 0.03 * (yy**2 - 0.5 * xx * yy))
    probe = np.array([30 * form, 12 * (yy + 0.6j * xx) / 6 * form])
    smooth = lambda: np.real(np.fft.ifft2(np.fft.fft2(rng.normal(size=SHAPE)) * np.exp(-0.5 * sum(np.meshgrid(
        *[(np.fft.fftfreq(n) * 9) ** 2 for n in SHAPE], indexing="ij"))))) * 4
    true = (0.8 + 0.1 * smooth()) * np.exp(1j * smooth())
    phase = np.exp(1j * 0.02 * (yy**2 + 1.5 * xx**2))
    post = np.exp(1j * 0.05 * (xx**2 + yy))
    intensity = [sum(np.abs(np.fft.fft2(phase * p * true[a:a + SIDE, b:b + SIDE]) / SIDE) ** 2 for p in probe) for a, b in DLOW]
    mask = (rng.random((len(DLOW), SIDE, SIDE)) > 0.05).astype("uint8")
    start = probe * (1 + 0.1 * rng.normal(size=probe.shape))
    return {
        "intensities_2mode": rng.poisson(intensity).astype(float), "mask": mask, "probe0_2mode": start,
        "object0": np.full((1, *SHAPE), 0.9 + 0.1j) + 0.01 * rng.normal(size=(1, *SHAPE)), "dlow": np.array(DLOW),
        "pre_fft": phase, "post_fft": post,
    }


def packed(array):
    """Little-endian doubles (complex as re, im) in base64."""
    array = np.ascontiguousarray(array)
    return base64.b64encode((array.view(float) if np.iscomplexobj(array) else array.astype("<f8")).tobytes()).decode()


def main():
    with open(SHARED) as f:
        # Below this line the program compares the oracle files; above it are the formulas.
        source = f.read().split("\nbad=0\n")[0]
    namespace = {"__file__": SHARED, "__name__": "verify_oracle"}
    exec(compile(source, SHARED, "exec"), namespace)
    inputs = make_inputs(np.random.default_rng(7))
    file = Group({"inputs": inputs}, {"frame": SIDE})
    file["inputs"] = {k: np.asarray(v) for k, v in inputs.items()}
    cases = {}
    for name, p in CASES.items():
        case = Group({}, {"modes": 2, "params": json.dumps(p)})
        run = namespace[{"DM": "DMrun", "DM_simple": "DMrun", "ML": "MLrun", "ePIE": "EPIErun"}[p["name"]]]
        more = {"simple": True} if p["name"] == "DM_simple" else {}
        probe, obj, errors = run(file, case, "v0.4.0", (ITERATIONS,), **more)[ITERATIONS]
        cases[name] = {"p": p, "probe": packed(probe), "object": packed(obj), "errors": packed(errors)}
    fixture = {
        "side": SIDE, "objectRows": SHAPE[0], "objectCols": SHAPE[1], "iterations": ITERATIONS, "dlow": packed(DLOW), "intensity": packed(inputs["intensities_2mode"]),
        "mask": packed(inputs["mask"]), "probe": packed(inputs["probe0_2mode"]), "object": packed(inputs["object0"]),
        "pre": packed(inputs["pre_fft"]), "post": packed(inputs["post_fft"]), "cases": cases,
    }
    with open(os.path.join(HERE, "fixtures/engines.json"), "w") as f:
        json.dump(fixture, f, indent=2)
        f.write("\n")


main()
