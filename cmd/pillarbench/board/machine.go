package board

// A Machine is a board that the emulator supports. The emulator reports when its watchdog fires.
type Machine struct {
	Name     string
	emulator string
	board    []string // arguments of every board
	tree     string   // device tree, a file in the guest's folder; "" if the emulator makes one
	words    string   // kernel command line: console and disks
	network  func(backend string) []string
	disk     func(name, backend string) []string
	watchdog []string // arguments for a watchdog
	Forgets  bool     // after a reset the emulated watchdog does not report that it was the cause
	Waits    bool     // the emulator itself, and so its watchdog, stops while a disk hangs
}

// Machines are the boards that were tested. Of the first only the processor exists as real
// hardware. The second is NXP's evaluation board for the i.MX 6UltraLite, with its own card
// slots, network and watchdog. Its cards know no flush, so that they show nothing about power
// cuts.
var Machines = [...]Machine{
	{
		Name: "virt", emulator: "qemu-system-aarch64",
		board: []string{"-M", "virt", "-cpu", "cortex-a53"},
		words: "console=ttyAMA0 disk=/dev/vda program=/dev/vdb",
		network: func(backend string) []string {
			return []string{"-netdev", backend + ",id=n", "-device", "virtio-net-pci,netdev=n,romfile="}
		},
		disk: func(name, backend string) []string {
			return []string{"-drive", "if=none,id=" + name + ",format=raw," + backend, "-device", "virtio-blk-pci,drive=" + name}
		},
		watchdog: []string{"-device", "i6300esb", "-action", "watchdog=reset"},
	},
	{
		Name: "imx6ul", emulator: "qemu-system-arm",
		board: []string{"-M", "mcimx6ul-evk"}, tree: "imx6ul-14x14-evk.dtb",
		words: "console=ttymxc0 disk=/dev/mmcblk0 program=/dev/mmcblk1",
		network: func(backend string) []string { // Linux finds the link only at the second of two
			return []string{"-nic", "user,restrict=on", "-nic", backend}
		},
		disk:     func(_, backend string) []string { return []string{"-drive", "if=sd,format=raw," + backend} },
		watchdog: []string{"-action", "watchdog=reset"}, Forgets: true, Waits: true,
	},
}

// Named returns the machine with that name.
func Named(name string) (Machine, bool) {
	for _, m := range Machines {
		if m.Name == name {
			return m, true
		}
	}
	return Machine{}, false
}
