struct Params {
  items: u32,
  modes: u32,
  rows: u32,
  cols: u32,
  base: vec2u,
  diffraction: vec2u,
}

@group(0) @binding(0) var<storage, read_write> base: array<f32>;
@group(0) @binding(1) var<storage, read> diffraction: array<f32>;
@group(0) @binding(2) var<storage, read_write> work: array<vec4f>;
@group(0) @binding(3) var<uniform> p: Params;

// log(gamma(x)) for x >= 1 by Stirling's series, moved up to x >= 8 where three of its terms reach single precision.
fn logGamma(value: f32) -> f32 {
  var x = value;
  var product = 1.0;
  for (; x < 8.0; x += 1.0) {
    product *= x;
  }
  let inverse = 1.0 / (x * x);
  let series = (1.0 / 12.0 + inverse * (-1.0 / 360.0 + inverse / 1260.0)) / x;
  return (x - 0.5) * log(x) - x + 0.918938533 + series - log(product);
}

@compute @workgroup_size(256)
fn log_factorials_slices(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let index = flatGroup(group, groups);
  let slice = sliceOf(index);
  if (!slice.inside) {
    return;
  }
  var sum = 0.0;
  for (var i = slice.begin + local; i < slice.end; i += 256u) {
    sum += logGamma(diffraction[imageAt(p.diffraction, Place(true, slice.item, 0u, i))] + 1.0);
  }
  let total = sumGroup(vec4f(sum, 0.0, 0.0, 0.0), local);
  if (local == 0u) {
    work[index] = total;
  }
}

@compute @workgroup_size(256)
fn log_factorials(
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
    base[itemAt(p.base, item)] = total.x;
  }
}
