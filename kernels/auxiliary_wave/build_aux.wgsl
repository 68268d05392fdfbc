struct Params {
  items: u32,
  modes: u32,
  rows: u32,
  cols: u32,
  wave: vec2u,
  model: vec2u,
  exitWave: vec2u,
  alpha: f32,
}

@group(0) @binding(0) var<storage, read_write> wave: array<vec2f>;
@group(0) @binding(1) var<storage, read> model: array<vec2f>;
@group(0) @binding(2) var<storage, read> exitWave: array<vec2f>;
@group(0) @binding(3) var<uniform> p: Params;

fn auxiliaryPixel(at: Place) -> vec2f {
  return (1.0 + p.alpha) * model[waveAt(p.model, at)] - p.alpha * exitWave[waveAt(p.exitWave, at)];
}

@compute @workgroup_size(256)
fn build_aux(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let at = wavePlace(flatIndex(group, groups, local));
  if (at.inside) {
    wave[waveAt(p.wave, at)] = auxiliaryPixel(at);
  }
}
