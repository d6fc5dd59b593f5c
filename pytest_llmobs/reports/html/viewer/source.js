// Where a report's data come from. `llmobs serve` may offer the same two functions over HTTP.

// Return the source of a report that carries its data: an index, and details of trials in chunks, each packed
// (JSON, deflated, in base64) and unpacked when it is first asked for.
export function embeddedSource() {
  const chunks = new Map();
  let size = 0;

  function chunk(number) {
    if (!chunks.has(number)) {
      chunks.set(number, unpacked(`chunk-${number}`));
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
      const details = await chunk(Math.floor(row / size));
      return details[row % size];
    },
  };
}

async function unpacked(id) {
  const packed = Uint8Array.from(atob(document.getElementById(id).textContent), (sign) => sign.charCodeAt(0));
  const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("deflate"));
  return new Response(stream).json();
}
