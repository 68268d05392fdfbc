struct Params {
  items: u32,
  modes: u32,
  rows: u32,
  cols: u32,
  exitWave: vec2u,
  wave: vec2u,
  model: vec2u,
  within: vec2u,
  errors: vec2u,
  alpha: f32,
}

@group(0) @binding(0) var<storage, read_write> exitWave: array<vec2f>;
@group(0) @binding(1) var<storage, read_write> wave: array<vec2f>;
@group(0) @binding(2) var<storage, read> model: array<vec2f>;
@group(0) @binding(3) var<storage, read> within: array<f32>;
@group(0) @binding(4) var<storage, read_write> errors: array<f32>;
@group(0) @binding(5) var<storage, read_write> work: array<vec4f>;
@group(0) @binding(6) var<uniform> p: Params;

// The new exit wave; adds the squared modulus of its change to `shares`.
fn exitPixel(at: Place, shares: ptr<function, vec4f>) -> vec2f {
  let e = waveAt(p.exitWave, at);
  let old = exitWave[e];
  let modelled = model[waveAt(p.model, at)];
  let still = within[itemAt(p.within, at.item)] == 1.0;
  let change = select(wave[waveAt(p.wave, at)] - modelled, p.alpha * (modelled - old), still);
  exitWave[e] = old + change;
  *shares += vec4f(abs2(change), 0.0, 0.0, 0.0);
  return old + change;
}

@compute @workgroup_size(256)
fn build_exit_slices(
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
  for (var mode = 0u; mode < p.modes; mode++) {
    for (var i = slice.begin + local; i < slice.end; i += 256u) {
      let at = Place(true, slice.item, mode, i);
      wave[waveAt(p.wave, at)] = exitPixel(at, &sum);
    }
  }
  let total = sumGroup(sum, local);
  if (local == 0u) {
    work[index] = total;
  }
}

@compute @workgroup_size(256)
fn build_exit(
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
    errors[itemAt(p.errors, item) + 2u] = total.x / f32(p.rows * p.cols);
  }
}
