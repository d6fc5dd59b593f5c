"""What takes sensitive parts out of requests and replies before they are recorded, wherever a stream cut them."""
