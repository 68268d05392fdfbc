"""Writes the small files of tests/fixtures/beamlines with h5py and fabio, laid out as each instrument lays out its own.

Frames are 5 x 7 pixels of 1 + 1000 frame + 100 y + x, positions have no symmetry, so that a swapped axis, a flip or a sign shows.

    /usr/bin/python3 tests/loaders/make_beamline_files.py
"""

import os
import shutil

import fabio.edfimage
import h5py
import numpy as np
import PIL.Image

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
    np.savez_compressed(os.path.join(ROOT, "savu", "packed.npz"), frames=frames(4, "u2"), mask=mask())
    np.savez(os.path.join(ROOT, "savu", "stored.npz"), only=frames(4, ">i4"))


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


def nanomax():
    """Step scans 7 (with a mask) and 8 (with dead pixels), fly scan 9 of 2 lines of 3 points beside a second detector."""
    samx, samy = np.array([10.0, 30, -20, 5]), np.array([1.0, 2, 4, 8])
    for scan in (7, 8):
        with open_new("nanomax", "master_%d.h5" % scan) as file:
            file["entry%d/measurement/samx" % scan] = samx
            file["entry%d/measurement/samy" % scan] = samy
        for image in range(4):
            with open_new("nanomax", "pilatus", "scan_%04d_pil_%04d.hdf5" % (scan, image)) as file:
                data = frame(image).astype("i4")[None]
                if scan == 8:
                    data[0, 3, 5] = -2
                path = "entry_0000/measurement/Pilatus/data" if scan == 7 else "entry/images"
                file[path] = data
    with open_new("nanomax", "mask.h5") as file:
        file["mask"] = mask()
    buffer = np.array([[10.0, 30, -20, 0, 0, 0], [11, 31, -21, 0, 99, 0]])
    with open_new("nanomax", "master_9.h5") as file:
        file["entry9/measurement/samy"] = np.array([1.0, 4])
        file["entry9/measurement/AdLinkAI_buff"] = buffer
    for line in range(2):
        lines = np.array([frame(3 * line + i) for i in range(3)], "i4")
        lines[:, 3, 5] = -2
        with open_new("nanomax", "pilatus", "fly_%04d_%04d.hdf5" % (9, line)) as file:
            file["entry_0000/measurement/Pilatus/data"] = lines
        # Inside of rows 1 to 2 and column 3, frame k sees 2 ** k; outside it is misleading.
        beam = np.full((3, 4, 5), 1e6)
        for i in range(3):
            beam[i, 1:3, 3] = 2.0 ** (3 * line + i)
        with open_new("nanomax", "pilatus", "beam_%04d_%04d.hdf5" % (9, line)) as file:
            file["beam/data"] = beam


def diproi():
    raw = ("diproi", "imported", "Scan018", "Cycle001", "rawdata")
    for i, (x, y) in enumerate([(1.0, 10.0), (2, 30), (4, -20), (8, 5)]):
        with open_new(*raw, "S018_%d.hdf" % (i + 8)) as file:
            file["image/ccd1"] = frame(i).astype("u2")
            file["DPI/SampleX"] = np.array([x])
            file["DPI/SampleY"] = y
    with open(os.path.join(ROOT, *raw, ".hidden"), "w") as file:
        file.write("not a frame")
    with open_new("diproi", "imported", "Scan018", "Cycle001", "Fermi_reconstruction.h5") as file:
        file["data/probe_positions"] = np.array([[1, 2, 4, 8], [10, 30, -20, 5]]) * 1e-6
    darks = ("diproi", "imported", "Scan018", "Dark", "rawdata")
    for i, image in enumerate([dark() - 1, dark() + 1]):
        with open_new(*darks, "Dark_%d.hdf" % i) as file:
            file["image/ccd1"] = image
    with open_new(*darks, "Other_0.hdf") as file:
        file["image/ccd1"] = dark() + 1000
    with open_new("diproi", "flat.h5") as file:
        file["flat"] = flat()
    with open_new("diproi", "mask.h5") as file:
        file["mask"] = mask()
    with open_new("diproi", "small_flat.h5") as file:
        file["flat"] = flat()[:, :6]


def ucl():
    def series(number, images):
        for i, image in enumerate(images):
            with open_new("ucl", "raw", "%06d" % number, "%06d_%04d.nxs" % (number, i + 1)) as file:
                file["entry/instrument/a_source/energy"] = 1.96
                file["entry/instrument/andor/data"] = image[None]
                file["entry/instrument/pco/data"] = image[None, ::-1]

    series(12, [frame(i).astype("u2") for i in range(4)])
    with open_new("ucl", "raw", "000012", "000012_metadata.h5") as file:
        file["positions"] = np.array([[1, 10], [2, 30], [4, -20], [8, 5]]) * 1e-3
        file["t1_sx"] = np.array([1.0, 2, 3, 4])
        file["t1_sy"] = np.array([9.0, 8, 6, 7])
    series(10, [dark() - 1, dark() + 1])
    series(11, [flat() + 3, flat() - 3])
    with open_new("ucl", "raw", "000010", "000010_metadata.h5") as file:
        file["t1_sx"] = np.array([5.0, 6])
        file["t1_sy"] = np.array([7.0, 9])
    # A frame with two hot pixels, one of them in a corner, and nothing else.
    hot = np.full((ROWS, COLS), 10.0)
    hot[2, 4] = 5000
    hot[0, 6] = 4000
    series(13, [hot])
    series(14, [dark()[:, :6]])
    with open_new("ucl", "mask.h5") as file:
        file["mask"] = mask()
    np.save(os.path.join(ROOT, "ucl", "mtf.npy"), np.ones((ROWS, COLS)))


def write_edf(data, *parts, **header):
    path = os.path.join(ROOT, *parts)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    fabio.edfimage.EdfImage(data=np.ascontiguousarray(data), header=header).write(path)


def id16a():
    spy, spz, bpm = [1.0, 2, 4, 8], [10.0, 30, -20, 5], [100, 200, -1, 400]
    for i in range(4):
        with open_new("id16a", "hdf5", "sample_%04d.h5" % i) as file:
            group = file.create_group("entry_0000/measurement/frelon")
            group["data"] = frame(i).astype("u2")[None]
            group["parameters/motor_mne "] = "sx spy spz"
            group["parameters/motor_pos "] = "0.5 %g %g" % (spy[i], spz[i])
            group["parameters/counter_mne "] = "mon bpm5_ct"
            group["parameters/counter_pos "] = "7 %g" % bpm[i]
        write_edf(
            frame(i).astype("u2"),
            *("id16a", "edf", "sample_%04d.edf" % i),
            motor_mne="sx spy spz",
            motor_pos="0.5 %g %g" % (spy[i], spz[i]),
            counter_mne="mon bpm5_ct",
            counter_pos="7 %g" % bpm[i],
        )
    with open_new("id16a", "hdf5", "bytes_0000.h5") as file:
        group = file.create_group("entry_0000/measurement/frelon")
        group["data"] = frame(0).astype("u2")[None]
        group["parameters/motor_mne "] = "b'sx spy spz'"
        group["parameters/motor_pos "] = "b'0.5 3 9'"
    for i, change in enumerate([-1, 1]):
        with open_new("id16a", "hdf5", "dark_%04d.h5" % i) as file:
            file["entry_0000/measurement/frelon/data"] = (dark() + change)[None]
        with open_new("id16a", "hdf5", "ref_%04d.h5" % i) as file:
            file["entry_0000/measurement/frelon/data"] = (flat() + 3 * change)[None]
        write_edf(dark() + change, "id16a", "edf", "dark_%04d.edf" % i)
        write_edf(flat() + 3 * change, "id16a", "edf", "ref_%04d.edf" % i)
    with open_new("id16a", "mask.h5") as file:
        file["mask"] = mask()
    response = np.full((ROWS, COLS), 4.0, "f4")
    response[0, :2] = 0, 8  # The mean stays 4.
    response[0, 2] = 4
    response[3, 3] = 4
    write_edf(response, "id16a", "response.edf")
    white = np.full((ROWS, COLS), 2.0, "f4")
    white[2, 2], white[4, 4] = 1, 3
    write_edf(white, "id16a", "white.edf")
    y, x = np.mgrid[:ROWS, :COLS]
    write_edf(np.full((ROWS, COLS), 1.0, "f4"), "id16a", "shift_x.edf")
    write_edf(np.full((ROWS, COLS), -1.0, "f4"), "id16a", "shift_y.edf")
    write_edf(np.ones((COLS, ROWS), "f4"), "id16a", "turned.edf")


def edf():
    """Element types that fabio writes, and the same by hand where it does not; fabio reads all of them."""
    for name in ["u1", "i1", "u2", "i2", "u4", "i4", "u8", "i8", "f4", "f8"]:
        image = (frame(0) % 100 - (30 if name[0] != "u" else 0)).astype(name)
        write_edf(image, "edf", "%s.edf" % name, title="a = b")
    for name, word in [(">i2", "SignedShort"), (">f4", "FloatValue")]:
        header = "{\nHeaderID = EH:000001:000000:000000 ;\nDataType = %s ;\nByteOrder = HighByteFirst ;\n" % word
        header += "Dim_1 = %d ;\nDim_2 = %d ;\n" % (COLS, ROWS)
        path = os.path.join(ROOT, "edf", "big_%s.edf" % name[1:])
        with open(path, "wb") as file:
            file.write(header.ljust(510).encode() + b"}\n" + (frame(0) % 100 - 30).astype(name).tobytes())
        assert (fabio.open(path).data == frame(0) % 100 - 30).all()


def write_fli(image, exposure, *parts):
    path = os.path.join(ROOT, *parts)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    lines = ["FLI raw frame", "# camera: PL1001E", "# rows: %d" % image.shape[0], "# cols: %d" % image.shape[1]]
    lines += ["# exp_theoretical: %g" % exposure, "# exp_measured: %g" % (exposure * 1.01), "# exp_time: %g" % exposure]
    lines += ["# timestamp: 2013-11-21", "# comment: none", "# int_timestamp: 1385000000", "# monitor: 7.5"]
    lines += ["# binning_y: 1", "# binning_x: 1", "# roi_y: 0", "# roi_x: 0", "# EOH", ""]
    with open(path, "wb") as file:
        file.write("\n".join(lines).encode() + image.astype("<u2").tobytes())


def fli_spec():
    """3 frames, 2 exposures of 1.6 and 0.1; light of frame k is 16 * (1 + 1000 k + 100 y + x), which the long one saturates."""
    folder = ("fli_spec", "ccdfli", "S00000-00999")
    offsets = [64, 32]
    times = [1.6, 0.1]
    for k in range(3):
        for e in range(2):
            light = frame(k) * 16 * times[e] / 1.6
            counts = np.minimum(65535, np.rint(light * 2) + offsets[e])
            write_fli(counts, times[e], *folder, "S00074", "ccd_s74_%05d_%02d.raw" % (k, e))
    for k, change in enumerate([-1, 1]):
        for e in range(2):
            write_fli(np.full((ROWS, COLS), offsets[e] + change), times[e], *folder, "S00072", "ccd_s72_%05d_%02d.raw" % (k, e))
    log = ["#F spec_test.dat", "#E 1385000000", "#D Thu Nov 21 16:59:00 2013", "#O0 samx  samy  a motor", ""]
    log += ["#S 73 ascan samx 0 1 1 1", "#D Thu Nov 21 17:00:00 2013", "#P0 0 0 5", "#N 2", "#L samx  Seconds", "7 1", "8 1", ""]
    log += ["#S 74 mesh", "#D Thu Nov 21 17:05:00 2013", "#P0 1 10 5", "#N 4", "#L samx  samy  Two Words  Seconds"]
    for y, x in [(1, 10), (2, 30), (4, -20)]:
        log += ["%g %g 0 1.6" % (x, y), "%g %g 0 0.1" % (x + 0.5, y + 0.5)]
    log += ["#C Thu Nov 21 17:06:00 2013.  Scan aborted after 6 points.", ""]
    path = os.path.join(ROOT, "fli_spec", "spec", "dat-files", "spec_started_2013_11_21_1659.dat")
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w") as file:
        file.write("\n".join(log))


def tiff():
    """What Pillow writes: pages of grey levels, plain and compressed."""
    folder = os.path.join(ROOT, "tiff")
    os.makedirs(folder, exist_ok=True)
    for name in ["u1", "u2", "i4", "f4"]:
        PIL.Image.fromarray((frame(0) % 100 - (30 if name[0] != "u" else 0)).astype(name)).save(folder + "/%s.tif" % name)
    pages = [PIL.Image.fromarray(frame(i).astype("u2")) for i in range(3)]
    pages[0].save(folder + "/pages.tif", save_all=True, append_images=pages[1:])
    pages[1].save(folder + "/lzw.tif", compression="tiff_lzw")
    pages[1].save(folder + "/deflate.tif", compression="tiff_adobe_deflate")
    PIL.Image.fromarray(np.zeros((4, 4, 3), "u1")).save(folder + "/colour.tif")


MAKERS = [tiff, savu, amo, als, nanomax, diproi, ucl, id16a, edf, fli_spec]

if __name__ == "__main__":
    shutil.rmtree(ROOT, ignore_errors=True)
    for make in MAKERS:
        make()
