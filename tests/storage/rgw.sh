#!/usr/bin/env bash
# A real S3 server for tests: one Ceph monitor, one disk of 8 GiB (sparse, in DIR) and the RADOS Gateway, on loopback only.
#
#   rgw.sh DIR PORT MON_PORT
#
# Prints "ready" when the gateway answers (user EXITWAVEKEY, secret exitwave-secret). Then it obeys its input, line by line, and
# prints "done" after each: `kill` (SIGKILL to the gateway), `start`, `freeze`, `thaw`. At the end of its input, so also if its
# parent is killed, it kills what it started and ends.
set -Eeuo pipefail
dir=$1 port=$2 mon_port=$3
pids=()
gateway=
end() {
  trap - EXIT
  for pid in "${pids[@]}" $gateway; do kill -KILL "$pid" 2>/dev/null || true; done
  { wait; } 2>/dev/null
}
tell() {
  echo "rgw.sh failed in line $1; the logs end with" >&2
  tail -n 5 -v "$dir"/log/*.out >&2
}
trap end EXIT
trap 'tell $LINENO' ERR

mkdir -p "$dir"/{mon.a,osd.0,rgw,log}
fsid=$(cat /proc/sys/kernel/random/uuid)
osd=$(cat /proc/sys/kernel/random/uuid)
conf=$dir/ceph.conf
# Without authentication inside the cluster, which nothing outside this machine reaches; one copy of everything. The monitor
# decides in 10 ms, not in a second: the gateway makes its pools in 5 s, not in 16.
cat >"$conf" <<EOF
[global]
fsid=$fsid
mon_host=v1:127.0.0.1:$mon_port
public_network=127.0.0.0/8
auth_cluster_required=none
auth_service_required=none
auth_client_required=none
mon_allow_pool_size_one=true
mon_data_avail_crit=1
paxos_propose_interval=0.05
paxos_min_wait=0.01
osd_pool_default_size=1
osd_pool_default_min_size=1
osd_pool_default_pg_num=8
osd_pool_default_pg_autoscale_mode=off
osd_crush_chooseleaf_type=0
osd_crush_update_on_start=false
osd_class_update_on_start=false
osd_memory_target=939524096
bluestore_block_size=8589934592
run_dir=$dir
admin_socket=$dir/\$name.asok
pid_file=
log_file=$dir/log/\$name.log
mon_data=$dir/mon.\$id
osd_data=$dir/osd.\$id
rgw_data=$dir/rgw
rgw_frontends=beast endpoint=127.0.0.1:$port tcp_nodelay=1
EOF

answers() {
  exec 3<>"/dev/tcp/127.0.0.1/$port" || return 1
  printf 'GET / HTTP/1.0\r\n\r\n' >&3
  local line=
  read -r -t 5 line <&3 || true
  exec 3>&-
  [[ $line == HTTP/*200* ]]
}

start_gateway() {
  radosgw -c "$conf" -n client.rgw -f >"$dir/log/radosgw.out" 2>&1 </dev/null &
  gateway=$!
  for _ in $(seq 1 600); do
    answers 2>/dev/null && return
    kill -0 "$gateway" 2>/dev/null || break
    sleep 0.1
  done
  return 1
}

monmaptool --create --clobber --fsid "$fsid" --addv a "[v1:127.0.0.1:$mon_port]" "$dir/monmap" >/dev/null
ceph-mon -c "$conf" --mkfs -i a --monmap "$dir/monmap" >/dev/null
ceph-mon -c "$conf" -i a -f >"$dir/log/mon.out" 2>&1 </dev/null &
pids+=($!)
# The disk gets its place in the cluster here: what it asks for itself at its start goes astray in one start of four, and it hangs
# (a race in its monitor client, seen with 16.2.15).
for command in "osd new $osd" "osd crush add 0 1 root=default host=localhost"; do
  # shellcheck disable=SC2086
  timeout 30 ceph -c "$conf" $command >>"$dir/log/ceph.out" 2>&1 </dev/null
done
ceph-osd -c "$conf" -i 0 --mkfs --osd-uuid "$osd" >"$dir/log/mkfs.out" 2>&1 </dev/null
ceph-osd -c "$conf" -i 0 -f >"$dir/log/osd.out" 2>&1 </dev/null &
pids+=($!)
start_gateway
radosgw-admin -c "$conf" user create --uid=test --display-name=test --access-key=EXITWAVEKEY --secret-key=exitwave-secret \
  >"$dir/log/user.out" 2>&1 </dev/null
echo ready

while read -r command; do
  case $command in
    kill)
      kill -KILL "$gateway"
      wait "$gateway" 2>/dev/null || true
      gateway= ;;
    start) start_gateway ;;
    freeze) kill -STOP "$gateway" ;;
    thaw) kill -CONT "$gateway" ;;
    *) echo "no command: $command" >&2; exit 2 ;;
  esac
  echo "done"
done
