// Package confine takes away from the running server what it does not need: the rights of root once
// its ports are open, and permanently the rest of the file system and of the network.
//
// [Effective] makes every thread act as another user until [Become] makes it that user permanently;
// [As] does it for one call; [Within] has the kernel (Landlock) refuse every file and folder but
// those that are named, new TCP connections and ports but those that are named (it does not
// cover Multipath TCP yet), and signals to other processes. Become and Within cannot be undone,
// not even by code that takes over the process. The package starts no helper, needs no capability,
// and does as much as the kernel supports: Landlock needs Linux 5.13, ports 6.7, signals 6.12.
//
// Landlock rules apply to files and folders, not to names: a file that replaces another one under
// the same name is another file. So a caller that wants to read such a file later names its folder.
//
//	right in            a Write folder          a Remove folder      a Read folder or file
//	read files          yes                     -                    yes
//	write, make, list   yes (no devices)        -                    -
//	remove              yes                     files and sockets    -
//	execute             never                   -                    -
//
// A program that is named in Execute may be read and started. What it starts has the same bounds,
// and may take more from itself.
package confine
