"""Which bin an item goes to, when items come one by one."""


# EVOLVE-BLOCK-START
def appeal(item, space):
    """How much a bin with so much space appeals to an item that fits; the highest one gets it."""
    left = space - item
    closeness = 0.1
    exactness = 0.0
    return closeness * left + exactness / (left + 0.01)
# EVOLVE-BLOCK-END
