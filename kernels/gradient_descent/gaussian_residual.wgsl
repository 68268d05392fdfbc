struct Params {
  items: u32,
  modes: u32,
  rows: u32,
  cols: u32,
  residual: vec2u,
  diffraction: vec2u,
  mask: vec2u,
  errors: vec2u,
  renormalization: f32,
}

@group(0) @binding(0) var<storage, read_write> residual: array<f32>;
@group(0) @binding(1) var<storage, read> diffraction: array<f32>;
@group(0) @binding(2) var<storage, read> mask: array<u32>;
@group(0) @binding(3) var<storage, read_write> errors: array<f32>;
@group(0) @binding(4) var<storage, read_write> work: array<vec4f>;
@group(0) @binding(5) var<uniform> p: Params;

@compute @workgroup_size(256)
fn gaussian_residual_slices(
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
    let at = Place(true, slice.item, 0u, i);
    let byte = imageAt(p.mask, at);
    let measured = diffraction[imageAt(p.diffraction, at)];
    let weight = select(0.0, p.renormalization / (1.0 / p.renormalization + measured), isValid(mask[byte / 4u], byte));
    let r = imageAt(p.residual, at);
    let difference = residual[r] - measured;
    residual[r] = weight * difference;
    sum += weight * difference * difference;
  }
  let total = sumGroup(vec4f(sum, 0.0, 0.0, 0.0), local);
  if (local == 0u) {
    work[index] = total;
  }
}

@compute @workgroup_size(256)
fn gaussian_residual(
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
    errors[e] = 0.0;
    errors[e + 1u] = total.x / f32(p.rows * p.cols);
    errors[e + 2u] = 0.0;
  }
}
