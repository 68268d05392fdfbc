struct Params {
  items: u32,
  modes: u32,
  rows: u32,
  cols: u32,
  wave: vec2u,
  diffraction: vec2u,
  mask: vec2u,
  outcome: vec2u,
  trial: u32,
}

@group(0) @binding(0) var<storage, read> wave: array<vec2f>;
@group(0) @binding(1) var<storage, read> diffraction: array<f32>;
@group(0) @binding(2) var<storage, read> mask: array<u32>;
@group(0) @binding(3) var<storage, read_write> outcome: array<f32>;
@group(0) @binding(4) var<storage, read_write> work: array<vec4f>;
@group(0) @binding(5) var<uniform> p: Params;

@compute @workgroup_size(256)
fn judge_trial_slices(
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
    if (!isValid(mask[byte / 4u], byte)) {
      continue;
    }
    var intensity = 0.0;
    for (var mode = 0u; mode < p.modes; mode++) {
      intensity += abs2(wave[waveAt(p.wave, Place(true, slice.item, mode, i))]);
    }
    let difference = sqrt(intensity) - sqrt(abs(diffraction[imageAt(p.diffraction, at)]));
    sum += difference * difference;
  }
  let total = sumGroup(vec4f(sum, 0.0, 0.0, 0.0), local);
  if (local == 0u) {
    work[index] = total;
  }
}

@compute @workgroup_size(256)
fn judge_trial(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let item = flatGroup(group, groups);
  if (item >= p.items) {
    return;
  }
  let total = sumSlices(item, local);
  let result = itemAt(p.outcome, item);
  if (local != 0u || outcome[result + 2u] == 0.0) {
    return;
  }
  if (p.trial == 0u || total.x < outcome[result]) {
    outcome[result] = total.x;
    outcome[result + 1u] = f32(p.trial);
  }
}
