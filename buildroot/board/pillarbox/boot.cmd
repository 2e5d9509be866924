# boot.cmd: run by U-Boot on every board; made into boot.scr. Chooses the slot, a or b, and boots
# it.
#
# The partition "state" has two copies of a checksummed U-Boot environment, 4 MiB apart, so that a
# cut in the middle of writing one leaves the other. The one with the greater turn counts:
#
#   turn    how often the state was written, hexadecimal
#   slot    the slot that has passed its health checks
#   trial   the slot that is on trial, or empty
#   left    how often the trial may still be booted
#
# A boot writes nothing, unless it is one of a trial. No state at all: slot a. pillarbox-update(8)
# is the other side.

setenv slot a
setenv trial
setenv left 0
part start ${devtype} ${devnum} state state_at
setexpr copy ${state_at} + 2000

setenv turn 0
${devtype} read ${kernel_addr_r} ${copy} 1 && env import -c ${kernel_addr_r} 200 turn slot trial left
setenv second ${turn}
setenv turn 0
${devtype} read ${kernel_addr_r} ${state_at} 1 && env import -c ${kernel_addr_r} 200 turn slot trial left
if itest ${second} > ${turn}; then
	${devtype} read ${kernel_addr_r} ${copy} 1 && env import -c ${kernel_addr_r} 200 turn slot trial left
	setenv copy ${state_at}
fi

if test "${slot}" = b; then setenv order "b a"; else setenv order "a b"; fi
if test "${trial}" = a -o "${trial}" = b; then
	if itest ${left} > 0; then
		setexpr left ${left} - 1
		setexpr turn ${turn} + 1
		env export -c -s 200 ${kernel_addr_r} turn slot trial left
		# A trial that could not be counted might last for ever.
		${devtype} write ${kernel_addr_r} ${copy} 1 && setenv order "${trial} ${slot}"
	fi
fi

# A slot whose sums are wrong is passed by. Only what the image states as its size is read: on a
# board of 128 MiB, the rest of the partition would overwrite the memory of U-Boot itself.
for chosen in ${order}; do
	echo "pillarbox: slot ${chosen}"
	part start ${devtype} ${devnum} kernel-${chosen} kernel_at
	part size ${devtype} ${devnum} kernel-${chosen} kernel_size
	if ${devtype} read ${ramdisk_addr_r} ${kernel_at} 1 && fdt addr ${ramdisk_addr_r} && fdt header get size totalsize; then
		setexpr size ${size} + 1ff
		setexpr size ${size} / 200
		if itest ${size} -le ${kernel_size}; then
			if ${devtype} read ${ramdisk_addr_r} ${kernel_at} ${size} && iminfo ${ramdisk_addr_r}; then
				setenv bootargs "root=PARTLABEL=root-${chosen} rootfstype=squashfs rootwait ro panic=10 transparent_hugepage=madvise pillarbox.slot=${chosen} @ARGUMENTS@"
				# iminfo has just verified the sums; bootm need not do it again.
				setenv verify n
				bootm ${ramdisk_addr_r}#slot @RAMDISK@ ${fdt_addr}
			fi
		fi
	fi
done
echo "pillarbox: no slot boots"
sleep 10
reset
