struct Params {
  scale_probe_object: f32,
  scale_precond: u32,
  first: u32,
}

@group(0) @binding(0) var<storage, read_write> scalars: array<f32>;
@group(0) @binding(1) var<storage, read> objectGradient: array<vec2f>;
@group(0) @binding(2) var<storage, read> oldObjectGradient: array<vec2f>;
@group(0) @binding(3) var<storage, read> probeGradient: array<vec2f>;
@group(0) @binding(4) var<storage, read> oldProbeGradient: array<vec2f>;
@group(0) @binding(5) var<storage, read_write> work: array<vec4f>;
@group(0) @binding(6) var<uniform> p: Params;

// Places in the scalars (see CG in conjugate.ts).
const SCALE = 0u;
const TURN = 1u;
const STEP = 2u;

@compute @workgroup_size(256)
fn turn_direction_share(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  var object = vec4f();
  for (var i = flatIndex(group, groups, local); i < arrayLength(&objectGradient); i += 256u * groups.x) {
    let x = objectGradient[i];
    let y = oldObjectGradient[i];
    object += vec4f(abs2(x), dot(x, y), abs2(y), 0.0);
  }
  var probe = vec4f();
  for (var i = flatIndex(group, groups, local); i < arrayLength(&probeGradient); i += 256u * groups.x) {
    let x = probeGradient[i];
    let y = oldProbeGradient[i];
    probe += vec4f(abs2(x), dot(x, y), abs2(y), 0.0);
  }
  let objectTotal = sumGroup(object, local);
  let probeTotal = sumGroup(probe, local);
  if (local == 0u) {
    work[2u * group.x] = objectTotal;
    work[2u * group.x + 1u] = probeTotal;
  }
}

@compute @workgroup_size(256)
fn turn_direction(@builtin(local_invocation_index) local: u32) {
  var objectSum = vec4f();
  var probeSum = vec4f();
  for (var i = 2u * local; i < arrayLength(&work); i += 512u) {
    objectSum += work[i];
    probeSum += work[i + 1u];
  }
  // Square of the new gradient, its product with the old one, square of the old one.
  let object = sumGroup(objectSum, local);
  let probe = sumGroup(probeSum, local);
  if (local != 0u) {
    return;
  }
  var scale = p.scale_probe_object;
  if (p.scale_precond == 1u) {
    if (probe.x > 1e-5) {
      scale *= object.x / probe.x;
    }
    if (p.first == 0u) {
      scale = pow(scalars[SCALE], 0.9) * pow(scale, 0.1);
    }
  }
  let above = scale * (probe.x - probe.y) + object.x - object.y;
  let below = scale * probe.z + object.z;
  var turn = 0.0;
  if (p.first == 0u && below != 0.0 && scalars[STEP] != 0.0) {
    turn = max(0.0, above / below) / scalars[STEP];
  }
  scalars[SCALE] = scale;
  scalars[TURN] = turn;
}
