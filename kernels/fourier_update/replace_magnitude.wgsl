struct Params {
  items: u32,
  modes: u32,
  rows: u32,
  cols: u32,
  wave: vec2u,
  diffraction: vec2u,
  mask: vec2u,
  errors: vec2u,
}

@group(0) @binding(0) var<storage, read_write> wave: array<vec2f>;
@group(0) @binding(1) var<storage, read> diffraction: array<f32>;
@group(0) @binding(2) var<storage, read> mask: array<u32>;
@group(0) @binding(3) var<storage, read_write> errors: array<f32>;
@group(0) @binding(4) var<storage, read_write> work: array<vec4f>;
@group(0) @binding(5) var<uniform> p: Params;

fn replacedPixel(at: Place, z: ptr<function, vec2f>) -> vec4f {
  let byte = imageAt(p.mask, at);
  if (!isValid(mask[byte / 4u], byte)) {
    return vec4f();
  }
  let modulus = sqrt(abs2(*z));
  let magnitude = sqrt(abs(diffraction[imageAt(p.diffraction, at)]));
  if (modulus == 0.0) {
    *z = vec2f(magnitude, 0.0);
  } else {
    *z = magnitude * (*z / modulus);
  }
  return vec4f((modulus - magnitude) * (modulus - magnitude), 1.0, 0.0, 0.0);
}

@compute @workgroup_size(256)
fn replace_magnitude_slices(
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
    let at = Place(true, slice.item, 0u, i);
    let w = waveAt(p.wave, at);
    var z = wave[w];
    sum += replacedPixel(at, &z);
    wave[w] = z;
  }
  let total = sumGroup(sum, local);
  if (local == 0u) {
    work[index] = total;
  }
}

@compute @workgroup_size(256)
fn replace_magnitude(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let item = flatGroup(group, groups);
  if (item >= p.items) {
    return;
  }
  let total = sumSlices(item, local);
  if (local == 0u) {
    let e = itemAt(p.errors, item);
    errors[e] = total.x / max(total.y, 1.0);
    errors[e + 1u] = 0.0;
  }
}
