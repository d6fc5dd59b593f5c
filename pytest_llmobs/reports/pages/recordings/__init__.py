"""Pages about recorded replies: what lies in their folder, what is missing, and stored runs beside their replays."""
