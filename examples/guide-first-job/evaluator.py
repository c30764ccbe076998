def evaluate(program_path):
    import importlib.util
    spec = importlib.util.spec_from_file_location("program", program_path)
    mod = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(mod)
    score = -abs(mod.solve(3) - 9)  # perfect score = 0
    return {"score": score}
