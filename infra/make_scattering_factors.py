"""Writes core/refraction/scattering_factors.txt from the tables of XrayDB, which Debian builds and ships.

Run: apt-get download python3-xraydb && dpkg-deb -x python3-xraydb_*.deb xraydb
     /usr/bin/python3 infra/make_scattering_factors.py xraydb/usr/lib/python3/dist-packages/xraydb/xraydb.sqlite
"""

import json
import sqlite3
import sys
from pathlib import Path

import numpy as np

LOWEST, HIGHEST = 10.0, 150e3  # eV
TOLERANCE = 1e-3

HEADER = """\
# X-ray scattering factors of the elements H to U, 10 eV to 150 keV.
# Source: C. T. Chantler, J. Phys. Chem. Ref. Data 24 (1995) 71 and 29 (2000) 597 (NIST FFAST), with its relativistic and nuclear
#   corrections, as collected in XrayDB 8.1 (M. Newville, https://github.com/xraypy/XrayDB), Debian package python3-xraydb 4.4.7+ds1-3.
# Licence: public domain, as stated by XrayDB and in Debian's copyright file of that package. Molar mass and density are XrayDB's, too.
# Made by infra/make_scattering_factors.py; points are left out that interpolation gives back within 0.1 %.
# One line per element: Z, symbol, molar mass in g/mol, density in g/cm^3, then for each energy: eV, f1 in electrons, f2 in electrons.
# Between energies f1 is linear and log f2 is linear in log E.
"""


def thinned(energy, f1, f2):
    """Indices of the points to keep: each stretch is as long as all points within it are interpolated well enough."""
    x, y = np.log(energy), np.log(f2)
    kept, first = [0], 0
    while first < len(x) - 1:
        last = first + 1
        while last + 1 < len(x):
            inside = slice(first + 1, last + 1)
            t = (x[inside] - x[first]) / (x[last + 1] - x[first])
            off1 = np.abs(f1[first] + (f1[last + 1] - f1[first]) * t - f1[inside])
            off2 = np.abs(y[first] + (y[last + 1] - y[first]) * t - y[inside])
            if np.any(off1 > TOLERANCE * np.maximum(1, np.abs(f1[inside]))) or np.any(off2 > TOLERANCE):
                break
            last += 1
        kept.append(last)
        first = last
    return kept


def main():
    tables = sqlite3.connect(sys.argv[1])
    rows = {row[0]: [np.array(json.loads(column)) for column in row[1:]]
            for row in tables.execute("select element, energy, f1, f2 from Chantler")}
    lines = []
    for number, symbol, mass, density in tables.execute(
            "select atomic_number, element, molar_mass, density from elements order by atomic_number"):
        if symbol not in rows:
            continue
        energy, correction, f2 = rows[symbol]
        use = (energy >= LOWEST / 1.02) & (energy <= HIGHEST * 1.02) & (f2 > 0)
        use &= np.concatenate([[True], np.diff(energy) > 0])
        energy, f1, f2 = energy[use], number + correction[use], f2[use]
        kept = thinned(energy, f1, f2)
        numbers = " ".join(f"{energy[i]:.8g} {f1[i]:.5g} {f2[i]:.5g}" for i in kept)
        lines.append(f"{number} {symbol} {mass:g} {density:g} {numbers}\n")
    target = Path(__file__).parent.parent / "core/refraction/scattering_factors.txt"
    target.write_text(HEADER + "".join(lines))


main()
