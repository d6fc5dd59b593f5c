"""What a judge is made of: scale, prompt, verdict, model, votes, cache, calibration."""
