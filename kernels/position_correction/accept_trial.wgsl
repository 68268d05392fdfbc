struct Params {
  items: u32,
  modes: u32,
  rows: u32,
  cols: u32,
  address: vec2u,
  position: vec2u,
  trials: vec2u,
  outcome: vec2u,
}

@group(0) @binding(0) var<storage, read_write> address: array<i32>;
@group(0) @binding(1) var<storage, read_write> position: array<f32>;
@group(0) @binding(2) var<storage, read> trials: array<f32>;
@group(0) @binding(3) var<storage, read> objects: array<f32>;
@group(0) @binding(4) var<storage, read> outcome: array<f32>;
@group(0) @binding(5) var<uniform> p: Params;

const OBJECT_TABLE_COLUMNS = 6u;

@compute @workgroup_size(256)
fn accept_trial(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let item = flatIndex(group, groups, local);
  if (item >= p.items) {
    return;
  }
  let trial = u32(outcome[itemAt(p.outcome, item) + 1u]);
  if (trial == 0u) {
    return;
  }
  let t = itemAt(p.trials, item) + 2u * (trial - 1u);
  let at = itemAt(p.position, item);
  let y = position[at] + trials[t];
  let x = position[at + 1u] + trials[t + 1u];
  position[at] = y;
  position[at + 1u] = x;
  let first = itemAt(p.address, item);
  for (var row = first; row < first + ADDRESS_COLUMNS * p.modes; row += ADDRESS_COLUMNS) {
    let object = OBJECT_TABLE_COLUMNS * u32(address[row + OBJECT]);
    address[row + OY] = i32(round((y - objects[object]) / objects[object + 2u] + 1e-5)) - i32(p.rows >> 1u);
    address[row + OX] = i32(round((x - objects[object + 1u]) / objects[object + 3u] + 1e-5)) - i32(p.cols >> 1u);
  }
}
