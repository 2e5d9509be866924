// Package confine takes from the running box what it does not need: the rights of root once its ports are open, and
// the rest of the file system and of the network for ever.
//
// What it does: [Become] makes every thread another user's; [Within] has the kernel (Landlock) refuse every file and
// folder but those that are named, every new TCP connection and port (but those of Multipath TCP, which it does not know yet), and signals to others. Neither can be undone, not
// by the box and not by who takes it over. What it refuses to do: it starts no helper, needs no capability, and
// goes half the way where the kernel can do no more: Linux before 5.13 has no Landlock, 6.7 is the first that knows ports, 6.12
// the first that knows signals.
//
// Landlock names folders and files by what they are, not by their names: a file that is replaced by another of its name
// is another file. So whoever wants to read a file again later names its folder.
//
//	right in            a Write folder          a Remove folder      a Read folder or file
//	read files          yes                     -                    yes
//	write, make, list   yes (no devices)        -                    -
//	remove              yes                     files and sockets    -
//	execute             never
package confine
