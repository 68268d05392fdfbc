/** Parameters that were written, are built, and have nothing to act on in this run: told, as nobody writes them for nothing. */

import { idleInHdf5Loader } from "./idle_hdf5_loader.ts";
import type { IlluminationParams } from "./parameters/illumination.ts";
import type { Bragg3dModelParams } from "./parameters/scan/bragg_3d_model.ts";
import type { FullParams } from "./parameters/scan/full.ts";
import { TEMPLATE_NAMES } from "./illumination_templates.ts";
import { isPlainObject } from "./parameters/structure.ts";
import type { PtychoParams } from "./parameters/ptycho.ts";
import { drawPicture } from "./pictures/mod.ts";
import { type ParsedPtycho, parsePtycho } from "./ptycho_params.ts";

/** A parameter or a group that has nothing to act on. */
interface Idle {
  /** Below the scan or the engine. */
  readonly path: string;
  readonly because: string;
}

type Scan = PtychoParams["scans"][string];
type Engine = PtychoParams["engines"][string];

/**
 * One sentence for each parameter of a reconstruction that the user wrote, that is neither None nor its default, and that another
 * parameter keeps from having any effect.
 */
export function idleNotices({ p, written }: ParsedPtycho): string[] {
  const { p: bare } = parsePtycho(onlyNames(p));
  const rows = [
    ...Object.entries(p.scans).flatMap(([label, scan]) => idleInScan(scan).map(below(`scans.${label}`))),
    ...Object.entries(p.engines).flatMap(([label, engine]) => idleInEngine(engine).map(below(`engines.${label}`))),
  ];
  return rows.flatMap(({ path, because }) => {
    const own = [...written].filter((w) => w === path || w.startsWith(`${path}.`));
    return own.filter((w) => isSet(valueAt(p, w), valueAt(bare, w))).map((w) => `${w} has no effect: ${because}`);
  });
}

function below(base: string): (idle: Idle) => Idle {
  return ({ path, because }) => ({ path: `${base}.${path}`, because });
}

function idleInScan(scan: Scan): Idle[] {
  const own = scan.name === "Full" ? idleInFull(scan) : scan.name === "Bragg3dModel" ? idleInVolumes(scan) : [];
  return [...idleInData(scan.data), ...own];
}

function idleInData(data: Scan["data"]): Idle[] {
  if (data === null) return [];
  const own = data.name === "Hdf5Loader" ? idleInHdf5Loader(data) : [];
  return [...own.map(below("data")), ...idleWithoutSaving(data)];
}

function idleWithoutSaving(data: NonNullable<Scan["data"]>): Idle[] {
  if (data.save !== null) return [];
  const because = "data.save is None, so that nothing is saved";
  const source = "source" in data ? data.source : undefined;
  const isSource = data.name === "PtydScan" && (source === null || source === "file");
  return [...isSource ? [] : [{ path: "data.dfile", because }], { path: "data.label", because }];
}

function idleInFull({ illumination, sample, coherence }: FullParams): Idle[] {
  const found: Idle[] = [];
  const add = (group: string, names: readonly string[], because: string) => {
    for (const name of names) found.push({ path: `${group}.${name}`, because });
  };
  if (typeof illumination !== "string") {
    found.push(...idleInIllumination(illumination));
    if (coherence.num_probe_modes === 1) {
      add("illumination.diversity", ["noise", "power", "shift"], "there is one probe mode");
    }
  }
  const start = sample.model;
  if (start !== "recon") add("sample", ["recon"], 'sample.model is not "recon"');
  if (start !== "stxm") add("sample", ["stxm"], 'sample.model is not "stxm"');
  if (start === "recon") add("sample", ["process", "fill"], "the object of an earlier result is taken as it is");
  if (start === "stxm") add("sample", ["process"], "what the frames tell is a transmission already");
  const isTransmission = typeof start === "string" && drawPicture(start, [1, 1])?.dtype.startsWith("complex");
  if (isTransmission && sample.process?.formula === null) {
    add(
      "sample.process",
      ["thickness", "ref_index"],
      `the picture "${start}" is a transmission; a formula makes it a thickness`,
    );
  }
  if (sample.process?.formula) add("sample.process", ["ref_index"], "sample.process.formula goes before it");
  if (sample.process?.formula === null) add("sample.process", ["density"], "sample.process.formula is None");
  if (start === null) add("sample", ["process"], "it acts on sample.model, which is None; give fill instead");
  if (coherence.num_object_modes === 1) {
    add("sample.diversity", ["noise", "power", "shift"], "there is one object mode");
  }
  return found;
}

/** What a disc of a given size, or the model of the beam, leaves nothing to do. */
function idleInVolumes({ illumination }: Bragg3dModelParams): Idle[] {
  if (typeof illumination === "string") return [];
  if (illumination.size === null) return idleInIllumination(illumination);
  const because = "illumination.size makes a flat disc";
  const names = ["aperture", "model", "photons", "propagation", "recon"];
  return names.map((name) => ({ path: `illumination.${name}`, because }));
}

function idleInIllumination(illumination: Omit<IlluminationParams, "diversity">): Idle[] {
  const found: Idle[] = [];
  const add = (group: string, names: readonly string[], because: string) => {
    for (const name of names) found.push({ path: `${group}.${name}`, because });
  };
  const { model, propagation: { focussed, spot_size }, aperture } = illumination;
  const isRecon = model === "recon";
  if (!isRecon) add("illumination", ["recon.rfile"], 'illumination.model is not "recon"');
  if (!isRecon && model !== "stxm") {
    add("illumination", ["recon.label"], 'illumination.model is neither "recon" nor "stxm"');
  }
  if (typeof model === "string" && TEMPLATE_NAMES.includes(model)) {
    add("illumination", ["aperture", "propagation"], `the template "${model}" decides`);
  }
  if (!focussed) add("illumination.propagation", ["spot_size"], "illumination.propagation.focussed is None");
  if (focussed && spot_size) add("illumination.aperture", ["size"], "spot_size decides the size of the aperture");
  if (aperture.form === null) {
    const names = ["rotate", "central_stop", "edge", "offset", "size"];
    add("illumination.aperture", names, "illumination.aperture.form is None");
  }
  return found;
}

function idleInEngine(engine: Engine): Idle[] {
  const found: Idle[] = [];
  if (engine.name === "ML") {
    if (!engine.reg_del2) found.push({ path: "reg_del2_amplitude", because: "reg_del2 is false" });
    if (engine.smooth_gradient === 0) found.push({ path: "smooth_gradient_decay", because: "smooth_gradient is 0" });
  }
  if (!("position_refinement" in engine)) return found;
  const { start, stop } = engine.position_refinement;
  if (start === null && stop === null) {
    found.push({ path: "position_refinement", because: "position_refinement has neither start nor stop" });
  } else if ((start ?? 0) >= (stop ?? engine.numiter)) {
    found.push({ path: "position_refinement", because: "it would stop before it starts" });
  }
  return found;
}

/** The same scans and engines with nothing but defaults. */
function onlyNames({ scans, engines }: PtychoParams): Record<string, unknown> {
  const scan = ({ name, data }: Scan) => ({ name, data: { name: data?.name } });
  return {
    scans: Object.fromEntries(Object.entries(scans).map(([label, p]) => [label, scan(p)])),
    engines: Object.fromEntries(Object.entries(engines).map(([label, { name }]) => [label, { name }])),
  };
}

function isSet(value: unknown, preset: unknown): boolean {
  return value !== null && JSON.stringify(value) !== JSON.stringify(preset);
}

function valueAt(p: unknown, path: string): unknown {
  return path.split(".").reduce((group: unknown, key) => isPlainObject(group) ? group[key] : undefined, p);
}
