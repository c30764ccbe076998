#!/bin/bash
# Closes instance metadata, and with it the machine's own credentials, to the user of job containers.
# A container in host mode sends from this machine, as that user. What comes in through a bridge is
# never this machine's own traffic, so there it is closed to all.
set -euo pipefail
user=${1:?the number of the user in job containers}
metadata=169.254.169.254

outgoing=(OUTPUT -d "$metadata" -m owner --uid-owner "$user" -j REJECT)
iptables -w -C "${outgoing[@]}" 2>/dev/null || iptables -w -I "${outgoing[@]}"

incoming=(PREROUTING -d "$metadata" -j DROP)
iptables -w -t raw -C "${incoming[@]}" 2>/dev/null || iptables -w -t raw -I "${incoming[@]}"
