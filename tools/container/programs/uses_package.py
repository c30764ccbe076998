import job_extra


def evaluate(path):
    return {"combined_score": job_extra.ANSWER}
