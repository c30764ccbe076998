"""Find the lowest point of a function of two variables, with a limited number of evaluations."""

# EVOLVE-BLOCK-START
def search(objective, low, high, budget, rng):
    """Call objective with points [x, y], each between low and high, at most `budget` times.

    The lowest value seen counts. rng is a seeded random.Random.
    """
    width = high - low
    best = [rng.uniform(low, high), rng.uniform(low, high)]
    best_value = objective(best)
    local_share = 0.2
    step = 0.5
    decay = 1.0
    for _ in range(budget):
        if rng.random() < local_share:
            candidate = [rng.gauss(x, step * width) for x in best]
        else:
            candidate = [rng.uniform(low, high) for x in best]
        candidate = [min(max(x, low), high) for x in candidate]
        value = objective(candidate)
        if value < best_value:
            best, best_value = candidate, value
        step = step * decay
# EVOLVE-BLOCK-END
