"use strict";
// SHA-256 (FIPS 180-4) of Files, in a worker of its own: the browser's own wants the whole
// file in memory, and Go's has no assembly in WebAssembly.
const hashing = (() => {
  const constants = new Int32Array(64), begin = new Int32Array(8), words = new Int32Array(64);
  const fraction = (x) => ((x % 1) * 2 ** 32) | 0;
  for (let n = 2, i = 0; i < 64; n++) { // of the roots of the first primes
    let prime = true;
    for (let d = 2; d * d <= n; d++) prime &&= n % d !== 0;
    if (!prime) continue;
    if (i < 8) begin[i] = fraction(Math.sqrt(n));
    constants[i++] = fraction(Math.cbrt(n));
  }

  // mix takes the 64-byte blocks of a view, which has nothing else, into the state.
  const mix = (state, view) => {
    const w = words, k = constants;
    for (let at = 0; at < view.byteLength; at += 64) {
      for (let i = 0; i < 16; i++) w[i] = view.getInt32(at + 4 * i);
      for (let i = 16; i < 64; i++) {
        const x = w[i - 15], y = w[i - 2];
        w[i] = w[i - 16] + w[i - 7] + (((x >>> 7) | (x << 25)) ^ ((x >>> 18) | (x << 14)) ^ (x >>> 3)) +
          (((y >>> 17) | (y << 15)) ^ ((y >>> 19) | (y << 13)) ^ (y >>> 10));
      }
      let a = state[0], b = state[1], c = state[2], d = state[3], e = state[4], f = state[5], g = state[6], h = state[7];
      for (let i = 0; i < 64; i++) {
        const t = (h + (((e >>> 6) | (e << 26)) ^ ((e >>> 11) | (e << 21)) ^ ((e >>> 25) | (e << 7))) + ((e & f) ^ (~e & g)) + k[i] + w[i]) | 0;
        const u = ((((a >>> 2) | (a << 30)) ^ ((a >>> 13) | (a << 19)) ^ ((a >>> 22) | (a << 10))) + ((a & b) ^ (a & c) ^ (b & c))) | 0;
        h = g; g = f; f = e; e = (d + t) | 0; d = c; c = b; b = a; a = (t + u) | 0;
      }
      state[0] += a; state[1] += b; state[2] += c; state[3] += d; state[4] += e; state[5] += f; state[6] += g; state[7] += h;
    }
  };

  // padded is the last bytes of a file with the end that the sum wants.
  const padded = (bytes, size) => {
    const out = new DataView(new ArrayBuffer(Math.ceil((bytes.length + 9) / 64) * 64));
    new Uint8Array(out.buffer).set(bytes);
    out.setUint8(bytes.length, 0x80);
    out.setBigUint64(out.byteLength - 8, BigInt(size) * 8n);
    return out;
  };

  // sum gives the hash of a File in lower-case hex, and tells of each piece.
  return (file, drain, tell) => {
    const reader = new FileReaderSync(), state = Int32Array.from(begin), piece = 1 << 20;
    for (let at = 0; ; at += piece) {
      const bytes = new Uint8Array(reader.readAsArrayBuffer(file.slice(at, at + piece)));
      if (at + bytes.length < Math.min(at + piece, file.size)) throw new Error("the file is shorter than it was");
      const whole = bytes.length - (bytes.length % 64);
      mix(state, new DataView(bytes.buffer, 0, whole));
      if (at + bytes.length === file.size) {
        mix(state, padded(bytes.subarray(whole), file.size));
        break;
      }
      tell(bytes.length);
      drain.postMessage(null, [bytes.buffer]);
    }
    return [...state].map((n) => (n >>> 0).toString(16).padStart(8, "0")).join("");
  };
})();
