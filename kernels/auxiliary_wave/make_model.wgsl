struct Params {
  items: u32,
  modes: u32,
  rows: u32,
  cols: u32,
  wave: vec2u,
  address: vec2u,
}

@group(0) @binding(0) var<storage, read_write> wave: array<vec2f>;
@group(0) @binding(1) var<storage, read> probe: array<vec2f>;
@group(0) @binding(2) var<storage, read> object: array<vec2f>;
@group(0) @binding(3) var<storage, read> address: array<i32>;
@group(0) @binding(4) var<uniform> p: Params;

fn modelPixel(at: Place) -> vec2f {
  let row = addressAt(p.address, at);
  return mul(probe[probeAt(row, at.pixel)], object[objectAt(row, at.pixel)]);
}

@compute @workgroup_size(256)
fn make_model(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let at = wavePlace(flatIndex(group, groups, local));
  if (at.inside) {
    wave[waveAt(p.wave, at)] = modelPixel(at);
  }
}
