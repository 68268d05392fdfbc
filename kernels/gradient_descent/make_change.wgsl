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
@group(0) @binding(2) var<storage, read> probeDirection: array<vec2f>;
@group(0) @binding(3) var<storage, read> object: array<vec2f>;
@group(0) @binding(4) var<storage, read> objectDirection: array<vec2f>;
@group(0) @binding(5) var<storage, read> address: array<i32>;
@group(0) @binding(6) var<uniform> p: Params;

fn changePixel(at: Place) -> vec2f {
  let row = addressAt(p.address, at);
  let i = probeAt(row, at.pixel);
  let o = objectAt(row, at.pixel);
  return mul(probe[i], objectDirection[o]) + mul(probeDirection[i], object[o]);
}

@compute @workgroup_size(256)
fn make_change(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let at = wavePlace(flatIndex(group, groups, local));
  if (at.inside) {
    wave[waveAt(p.wave, at)] = changePixel(at);
  }
}
