// Where a report's data come from. `llmobs serve` may offer the same two functions over HTTP.

const LONG_NUMBER = /[:,[]-?\d{16}/;

// Return the source of a report that carries its data: an index, and details of trials in chunks, each packed
// (JSON, deflated, in base64) and unpacked when it is first asked for.
export function embeddedSource() {
  const chunks = new Map();
  let size = 0;

  function chunk(number) {
    if (!chunks.has(number)) {
      chunks.set(number, unpacked(`chunk-${number}`, exactNumber));
    }
    return chunks.get(number);
  }

  return {
    async index() {
      const index = await unpacked("index");
      size = index.chunk_size;
      return index;
    },
    // Return the details of the trial in this row of the index.
    async trial(row) {
      const { keys, trials } = await chunk(Math.floor(row / size));
      return readDetails(trials[row % size], keys);
    },
  };
}

async function unpacked(id, reviver) {
  const packed = Uint8Array.from(atob(document.getElementById(id).textContent), (sign) => sign.charCodeAt(0));
  const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("deflate"));
  const text = await new Response(stream).text();
  return JSON.parse(text, LONG_NUMBER.test(text) && reviver);
}

// An id that is longer than a browser's numbers keeps its digits, where the browser tells them.
function exactNumber(key, value, { source } = {}) {
  return /^-?\d{16,}$/.test(source) && JSON.rawJSON ? JSON.rawJSON(source) : value;
}

// Records are packed as rows, their keys once a chunk; payloads as the values themselves.
// What a trial shares with its root run is there once, and so is an answer that is the only output.
function readDetails(values, keys) {
  const details = readRecord(values, keys.trials);
  const { inputs, outputs, metadata } = details;
  const runs = details.runs && details.runs.map((run) => readRecord(run, keys.runs));
  if (runs) {
    Object.assign(runs[0], { inputs, outputs, metadata });
  }
  details.output ??= Object.values(outputs)[0];
  details.scores = details.scores.map((score) => readRecord(score, keys.scores));
  return { ...details, runs };
}

function readRecord(values, names) {
  return Object.fromEntries(names.map((name, place) => [name, values[place]]));
}
