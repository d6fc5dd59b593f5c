// Numbers as the other reports write them (reports/text/figures.py); nothing for what isn't known.

const GROUPED = new Intl.NumberFormat("en");

// Return a score, short: `1`, `0.31`, `unscored`. A label stays as it is.
export function scoreText(value) {
  if (value === null || typeof value === "string") {
    return value ?? "";
  }
  return Math.abs(value) >= 1e12 ? value.toPrecision(4) : String(Number(value.toFixed(3)));
}

// Return USD: `$0.0123`, `$12.34`, `$1,234`, `<$0.0001`; `$0` is kept for what was free.
export function costText(value) {
  if (value === null) {
    return "";
  }
  if (value > 0 && value < 0.0001) {
    return "<$0.0001";
  }
  if (value > 0 && value < 1) {
    return `$${value.toFixed(4)}`;
  }
  return `$${value === 0 || value >= 1000 ? GROUPED.format(Math.round(value)) : value.toFixed(2)}`;
}

// Return seconds as a duration: `12 ms`, `1.23 s`, `3 m 05 s`.
export function secondsText(value) {
  if (value === null) {
    return "";
  }
  if (value < 0.9995) {
    const thousandths = value * 1000;
    return thousandths > 0 && thousandths < 0.95 ? `${thousandths.toFixed(1)} ms` : `${thousandths.toFixed(0)} ms`;
  }
  if (value < 59.95) {
    return `${value.toFixed(value < 9.995 ? 2 : 1)} s`;
  }
  const minutes = Math.floor(Math.round(value) / 60);
  const rest = String(Math.round(value) % 60).padStart(2, "0");
  return minutes < 60 ? `${minutes} m ${rest} s` : `${Math.floor(minutes / 60)} h ${String(minutes % 60).padStart(2, "0")} m`;
}

// Return a number of tokens: `1,339`.
export function countText(value) {
  return value === null ? "" : GROUPED.format(value);
}
