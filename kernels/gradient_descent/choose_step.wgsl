@group(0) @binding(0) var<storage, read_write> scalars: array<f32>;
@group(0) @binding(1) var<storage, read> frameSums: array<f32>;
@group(0) @binding(2) var<storage, read> regularizer: array<f32>;

const STEP = 2u;

@compute @workgroup_size(256)
fn choose_step(@builtin(local_invocation_index) local: u32) {
  var sum = vec4f();
  for (var i = 2u * local; i < arrayLength(&frameSums); i += 512u) {
    sum += vec4f(frameSums[i], frameSums[i + 1u], 0.0, 0.0);
  }
  let total = sumGroup(sum, local);
  if (local != 0u) {
    return;
  }
  let first = total.x + regularizer[0];
  let square = total.y + regularizer[1];
  scalars[STEP] = 0.0;
  if (square != 0.0) {
    scalars[STEP] = -0.5 * first / square;
  }
}
