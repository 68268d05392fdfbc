struct Params {
  items: u32,
  modes: u32,
  rows: u32,
  cols: u32,
  wave: vec2u,
  amplitude: vec2u,
  diffraction: vec2u,
  mask: vec2u,
  deviation: vec2u,
  powerBound: f32,
  bounded: u32,
}

@group(0) @binding(0) var<storage, read_write> wave: array<vec2f>;
@group(0) @binding(1) var<storage, read> amplitude: array<f32>;
@group(0) @binding(2) var<storage, read> diffraction: array<f32>;
@group(0) @binding(3) var<storage, read> mask: array<u32>;
@group(0) @binding(4) var<storage, read> deviation: array<f32>;
@group(0) @binding(5) var<uniform> p: Params;

fn projectedPixel(at: Place) -> vec2f {
  let z = wave[waveAt(p.wave, at)];
  let d = itemAt(p.deviation, at.item);
  let byte = imageAt(p.mask, at);
  if (deviation[d] == 1.0 || !isValid(mask[byte / 4u], byte)) {
    return z;
  }
  var rest = 0.0;
  if (p.bounded == 1u) {
    rest = sqrt(p.powerBound / deviation[d + 1u]);
  }
  let magnitude = sqrt(abs(diffraction[imageAt(p.diffraction, at)]));
  let modulus = amplitude[imageAt(p.amplitude, at)];
  return z * ((magnitude + (modulus - magnitude) * rest) / (modulus + 1e-10));
}

@compute @workgroup_size(256)
fn fmag_update(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let at = wavePlace(flatIndex(group, groups, local));
  if (at.inside) {
    wave[waveAt(p.wave, at)] = projectedPixel(at);
  }
}
