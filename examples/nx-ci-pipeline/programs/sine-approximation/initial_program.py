"""A polynomial that comes close to the sine."""


# EVOLVE-BLOCK-START
def approximate(x):
    a = 0.9
    b = -0.1
    c = 0.001
    return a * x + b * x**3 + c * x**5
# EVOLVE-BLOCK-END
