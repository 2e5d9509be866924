package board

// A Machine is a board that the emulator knows. Each has a hardware watchdog that tells when it fires.
type Machine struct {
	Name     string
	emulator string
	board    []string // what is always there
	tree     string   // device tree, a file of the guest's folder; "": the emulator makes one
	words    string   // for the guest: console and disks
	network  func(backend string) []string
	disk     func(name, backend string) []string
	watchdog []string // what it takes to have one
	Forgets  bool     // the emulated watchdog does not tell after a reset that it was the cause
	Waits    bool     // the emulator itself stands still while a disk does, and so does its watchdog
}

// Machines are those that were tried. Of a real board's parts the first is the processor alone; the second is NXP's evaluation board
// for the i.MX 6UltraLite, with its own card slots, network and watchdog. Its cards know no flush, so they say nothing of power cuts.
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
		network: func(backend string) []string { // Linux finds the wire at the second of two alone
			return []string{"-nic", "user,restrict=on", "-nic", backend}
		},
		disk:     func(_, backend string) []string { return []string{"-drive", "if=sd,format=raw," + backend} },
		watchdog: []string{"-action", "watchdog=reset"}, Forgets: true, Waits: true,
	},
}

// Named returns the machine of that name.
func Named(name string) (Machine, bool) {
	for _, m := range Machines {
		if m.Name == name {
			return m, true
		}
	}
	return Machine{}, false
}
