"""The log of feedback: append-only lines that survive a crash, sealed into Parquet, read back as it stands now."""
