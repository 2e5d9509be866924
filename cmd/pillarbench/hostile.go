package main

import (
	"flag"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"pillarbox/cmd/pillarbench/hostile"
)

// runHostile is the subcommand.
func runHostile(args []string, out io.Writer) error {
	var o hostile.Options
	flags := flag.NewFlagSet("pillarbench hostile", flag.ContinueOnError)
	flags.StringVar(&o.Binary, "pillarbox", "", "the pillarbox `binary`")
	flags.Int64Var(&o.KeepMemory, "grown", hostile.KeepMemory>>10, "by how many `KiB` its private memory may grow")
	flags.IntVar(&o.Part, "part", 1, "one in how many clients of the crowd comes")
	flags.DurationVar(&o.Lasts, "lasts", 10*time.Second, "duration of each attack on a known client")
	flags.DurationVar(&o.Within, "within", hostile.WorstAnswer, "how long a known client may wait for a reply during an attack; 0 only prints it")
	chosen := flags.String("scenes", strings.Join(hostile.SceneNames(), ","), "`names` of the scenes to run")
	if err := parse(flags, args); err != nil {
		return err
	}
	names := strings.Split(*chosen, ",")
	if o.Binary == "" || o.Part < 1 {
		return needed(flags, "-pillarbox is needed, and -part is 1 or more")
	}
	for _, name := range names {
		if !slices.Contains(hostile.SceneNames(), name) {
			return needed(flags, fmt.Sprintf("-scenes: there is no scene %q", name))
		}
	}
	if inside, err := ownNetwork(out); !inside || err != nil {
		return err
	}
	return hostile.Run(o, names, out)
}
