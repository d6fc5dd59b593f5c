def measure_pages(*a):
    return True
