"""What takes sensitive parts out of payloads before the first byte is written."""
