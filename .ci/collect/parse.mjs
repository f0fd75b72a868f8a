// Parses scripts with the grammar of their language and fails at what is not of it:
// node parse.mjs FILE... The lines end as they do on a customer's machine.
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Language, Parser } from 'web-tree-sitter';

const grammars = { ps1: 'powershell', cmd: 'batch' };

const parsers = {};

async function parserOf(name) {
  if (parsers[name]) return parsers[name];
  const parser = parsers[name] = new Parser();
  const file = fileURLToPath(new URL(`node_modules/tree-sitter-${name}/tree-sitter-${name}.wasm`, import.meta.url));
  parser.setLanguage(await Language.load(file));
  return parser;
}

// faults are the places that the grammar could not make sense of.
function faults(node, found = []) {
  if (node.isError || node.isMissing) {
    found.push(`${node.startPosition.row + 1}:${node.startPosition.column + 1}: ${node.isMissing ? `missing ${node.type}` : JSON.stringify(node.text.slice(0, 60))}`);
  } else if (node.hasError) {
    for (const child of node.children) faults(child, found);
  }
  return found;
}

await Parser.init();
const files = process.argv.slice(2);
let failed = files.length === 0; // nothing parsed is nothing known
for (const file of files) {
  const parser = await parserOf(grammars[file.split('.').pop()]);
  const text = readFileSync(file, 'utf8').replaceAll('\n', '\r\n');
  for (const fault of faults(parser.parse(text).rootNode)) {
    console.log(`${file}:${fault}`);
    failed = true;
  }
  // A parser that refuses nothing proves nothing.
  if (faults(parser.parse(text + 'if (\r\n').rootNode).length === 0) {
    console.log(`${file}: the grammar does not refuse an open bracket at the end`);
    failed = true;
  }
}
console.log(`${files.length} parsed`);
process.exit(failed ? 1 : 0);
