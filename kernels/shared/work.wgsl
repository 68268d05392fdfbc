// The second stage of a sum over a whole array: the shares that the workgroups of the first left in `work: array<vec4f>`.

fn sumWork(local: u32) -> vec4f {
  var sum = vec4f();
  for (var i = local; i < arrayLength(&work); i += 256u) {
    sum += work[i];
  }
  return sumGroup(sum, local);
}
