# Runs the command "$@" in a container for at most $0 seconds, ends all that it left behind, and says which of its
# limits it ran into. No fork before that is known: there may be no process left to have.

counted() {
  pids=0 memory=0
  for file in /sys/fs/cgroup/pids/pids.events /sys/fs/cgroup/pids.events; do
    [ ! -r "$file" ] || read -r _ pids <"$file"
  done
  for file in /sys/fs/cgroup/memory/memory.oom_control /sys/fs/cgroup/memory.events; do
    [ ! -r "$file" ] || while read -r name count; do
      [ "$name" != oom_kill ] || memory=$count
    done <"$file"
  done
}

counted
pids_before=$pids memory_before=$memory
timeout -k 1 "$0" "$@"
code=$?
kill -9 -1 2>/dev/null
[ "$code" != 0 ] || exit 0

counted
if [ "$pids" != "$pids_before" ]; then
  printf '\nIt wanted more processes than its limit (pids).\n'
elif [ "$memory" != "$memory_before" ]; then
  printf '\nIt wanted more memory than its limit (memory_mb).\n'
else
  for place in "$ASKFIRST_ROOT" /tmp; do
    [ "$(stat -f -c %a "$place" 2>/dev/null)" != 0 ] || printf '\n%s is full: its limit is disk_mb.\n' "$place"
  done
fi
exit "$code"
