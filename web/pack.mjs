// Packs the built page (dist/) into one archive that the server is compiled with. The same files give the same bytes:
// names are sorted, and nothing says when or by whom it was packed.
//
//   node pack.mjs           writes ../crates/lmd-server/assets/page.tar.gz
//   node pack.mjs --check   compares what would be written with what is there, and ends with 1 where they differ

import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join, relative, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { gunzipSync, gzipSync } from "node:zlib";

const here = dirname(fileURLToPath(import.meta.url));
const built = join(here, "dist");
const archive = join(here, "..", "crates", "lmd-server", "assets", "page.tar.gz");
/** The most that the page's scripts may weigh, compressed, in bytes. */
const MAX_SCRIPT_BYTES = 150_000;
const BLOCK = 512;

/** The header of a file in a tar archive (POSIX ustar). */
function header(name, size) {
  if (Buffer.byteLength(name) > 100) throw new Error(`${name} is longer than 100 bytes`);
  const block = Buffer.alloc(BLOCK);
  const octal = (value, at, length) => block.write(value.toString(8).padStart(length - 1, "0"), at);
  block.write(name, 0);
  octal(0o644, 100, 8);
  octal(0, 108, 8);
  octal(0, 116, 8);
  octal(size, 124, 12);
  octal(0, 136, 12);
  block.write("        ", 148);
  block.write("0", 156);
  block.write("ustar\u000000", 257);
  const sum = block.reduce((total, byte) => total + byte, 0);
  block.write(`${sum.toString(8).padStart(6, "0")}\u0000 `, 148);
  return block;
}

const names = readdirSync(built, { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile())
  .map((entry) => relative(built, join(entry.parentPath, entry.name)).split(sep).join("/"))
  .sort();
if (!names.includes("index.html")) throw new Error("dist/ has no index.html: run `npm run build` first");

const parts = [];
let scripts = 0;
for (const name of names) {
  const bytes = readFileSync(join(built, name));
  if (name.endsWith(".js")) scripts += gzipSync(bytes, { level: 9 }).length;
  parts.push(header(name, bytes.length), bytes, Buffer.alloc((BLOCK - (bytes.length % BLOCK)) % BLOCK));
}
if (scripts > MAX_SCRIPT_BYTES) {
  throw new Error(`the scripts are ${scripts} bytes compressed, more than ${MAX_SCRIPT_BYTES}`);
}
const tar = Buffer.concat([...parts, Buffer.alloc(2 * BLOCK)]);

if (process.argv.includes("--check")) {
  // Compared unpacked: versions of zlib compress the same bytes differently.
  let kept = Buffer.alloc(0);
  try {
    kept = gunzipSync(readFileSync(archive));
  } catch {
    // No archive is a different archive.
  }
  if (!kept.equals(tar)) {
    console.error(
      "crates/lmd-server/assets/page.tar.gz is not what web/ builds: run `npm run pack` in web/ and commit it",
    );
    process.exit(1);
  }
  console.log(
    `the page in crates/lmd-server/assets is what web/ builds; scripts: ${scripts} bytes compressed`,
  );
} else {
  const packed = gzipSync(tar, { level: 9 });
  // The header's bytes for time and system say nothing.
  packed.fill(0, 4, 8);
  packed[9] = 255;
  writeFileSync(archive, packed);
  console.log(`${names.length} files, ${packed.length} bytes; scripts: ${scripts} bytes compressed`);
}
