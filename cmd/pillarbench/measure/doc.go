// Package measure reads what servers cost, and prints it.
//
//   - CPU time is that of a process and its descendants by their clocks, in nanoseconds; of
//     children that have ended, in ticks of 10 ms (proc(5), /proc/PID/stat).
//   - Memory is Anonymous of smaps_rollup, which the kernel cannot reclaim by dropping pages of
//     files.
//   - Octets and flushes come from the stat file of the block device
//     (Documentation/block/stat.rst: field 3 is sectors of 512 octets read, 5 write requests, 7
//     sectors written, 16 flush requests).
//   - Rounds let servers take turns, and take ratios within a round.
//   - A figure of a table is the median of the runs, column by column.
package measure
