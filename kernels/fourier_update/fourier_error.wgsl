struct Params {
  items: u32,
  modes: u32,
  rows: u32,
  cols: u32,
  wave: vec2u,
  diffraction: vec2u,
  mask: vec2u,
  amplitude: vec2u,
  deviation: vec2u,
  errors: vec2u,
  powerBound: f32,
  bounded: u32,
}

@group(0) @binding(0) var<storage, read> wave: array<vec2f>;
@group(0) @binding(1) var<storage, read> diffraction: array<f32>;
@group(0) @binding(2) var<storage, read> mask: array<u32>;
@group(0) @binding(3) var<storage, read_write> amplitude: array<f32>;
@group(0) @binding(4) var<storage, read_write> deviation: array<f32>;
@group(0) @binding(5) var<storage, read_write> errors: array<f32>;
@group(0) @binding(6) var<storage, read_write> work: array<vec4f>;
@group(0) @binding(7) var<uniform> p: Params;

fn errorOf(at: Place, intensity: f32) -> vec4f {
  let modulus = sqrt(intensity);
  amplitude[imageAt(p.amplitude, at)] = modulus;
  let byte = imageAt(p.mask, at);
  if (!isValid(mask[byte / 4u], byte)) {
    return vec4f();
  }
  let difference = modulus - sqrt(abs(diffraction[imageAt(p.diffraction, at)]));
  return vec4f(difference * difference, 1.0, 0.0, 0.0);
}

fn errorPixel(at: Place, z: ptr<function, vec2f>) -> vec4f {
  return errorOf(at, abs2(*z));
}

@compute @workgroup_size(256)
fn fourier_error_slices(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let index = flatGroup(group, groups);
  let slice = sliceOf(index);
  if (!slice.inside) {
    return;
  }
  var sum = vec4f();
  for (var i = slice.begin + local; i < slice.end; i += 256u) {
    var intensity = 0.0;
    for (var mode = 0u; mode < p.modes; mode++) {
      intensity += abs2(wave[waveAt(p.wave, Place(true, slice.item, mode, i))]);
    }
    sum += errorOf(Place(true, slice.item, 0u, i), intensity);
  }
  let total = sumGroup(sum, local);
  if (local == 0u) {
    work[index] = total;
  }
}

@compute @workgroup_size(256)
fn fourier_error(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let item = flatGroup(group, groups);
  if (item >= p.items) {
    return;
  }
  let total = sumSlices(item, local);
  if (local != 0u) {
    return;
  }
  let error = total.x / max(total.y, 1.0);
  let d = itemAt(p.deviation, item);
  deviation[d] = select(0.0, 1.0, p.bounded == 1u && error <= p.powerBound);
  deviation[d + 1u] = error;
  errors[itemAt(p.errors, item)] = error / select(1.0, p.powerBound, p.bounded == 1u);
}
