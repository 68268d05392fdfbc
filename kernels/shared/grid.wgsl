// Which element an invocation works on. Grids are two-dimensional because one dimension ends at 65535 workgroups.

fn flatGroup(group: vec3u, groups: vec3u) -> u32 {
  return group.y * groups.x + group.x;
}

fn flatIndex(group: vec3u, groups: vec3u, local: u32) -> u32 {
  return 256u * flatGroup(group, groups) + local;
}
