"use strict";
// A file system for Go's os package over the Files that the page was given: a tree that
// is read synchronously, in slices, and a folder for temporary files in memory. Every
// callback is called within the call, so Go never waits.
const disk = (() => {
  const maxUnpacked = 512000000; // bytes of temporary files; limits.go has it too
  const blockSize = 1 << 20;
  const maxBlocks = 4;
  const flags = {O_RDONLY: 0, O_WRONLY: 1, O_RDWR: 2, O_CREAT: 64, O_EXCL: 128, O_TRUNC: 512, O_APPEND: 1024, O_DIRECTORY: 65536};
  let inodes = 0, unpacked = 0, descriptors = 3;
  const opened = new Map(); // descriptor -> {node, at}
  const blocks = []; // {node, index, bytes}, the latest first
  // Sending a block to nobody is what frees its memory at once. Left alone, hundreds of
  // dead blocks lie in the tab: the browser looks for them only between runs.
  const {port1: drain, port2: nobody} = new MessageChannel();
  nobody.close();
  const stderr = new TextDecoder();
  const reader = new FileReaderSync();
  let said = "";

  const folder = () => ({ino: ++inodes, entries: new Map()});
  const root = folder();
  root.entries.set("tmp", folder());

  // A failure is an answer; any other exception is a fault of this program.
  class Failure extends Error {
    constructor(code) { super(code); this.code = code; }
  }

  // find gives the folder of a path, the last name and what is there.
  const find = (path) => {
    const names = path.split("/").filter((n) => n !== "" && n !== ".");
    let node = root, parent = null, name = "";
    for (name of names) {
      if (!node) throw new Failure("ENOENT");
      if (!node.entries) throw new Failure("ENOTDIR");
      parent = node;
      node = node.entries.get(name);
    }
    return {parent, name, node};
  };
  const at = (path) => {
    const {node} = find(path);
    if (!node) throw new Failure("ENOENT");
    return node;
  };
  const of = (fd) => {
    const file = opened.get(fd);
    if (!file) throw new Failure("EBADF");
    return file;
  };

  const sizeOf = (node) => (node.file ? node.file.size : node.size || 0);
  const stat = (node) => ({
    dev: 1, ino: node.ino, mode: node.entries ? 0o40700 : 0o100600, nlink: 1, uid: 0, gid: 0, rdev: 0, size: sizeOf(node),
    blksize: blockSize, blocks: 0, atimeMs: 0, mtimeMs: 0, ctimeMs: 0, isDirectory: () => Boolean(node.entries),
  });

  // block gives the bytes of one block of a file, from the few that are kept.
  const block = (node, index) => {
    if (node.parts) return node.parts[index] ?? new Uint8Array(0);
    let i = blocks.findIndex((b) => b.node === node && b.index === index);
    if (i < 0) {
      let bytes;
      try {
        bytes = new Uint8Array(reader.readAsArrayBuffer(node.file.slice(index * blockSize, (index + 1) * blockSize)));
      } catch (e) {
        if (!(e instanceof DOMException)) throw e;
        throw new Failure(e.name === "NotFoundError" ? "ENOENT" : "EIO"); // it was changed, moved or locked
      }
      blocks.unshift({node, index, bytes});
      if (blocks.length > maxBlocks) drain.postMessage(null, [blocks.pop().bytes.buffer]);
      i = 0;
    }
    const [hit] = blocks.splice(i, 1);
    blocks.unshift(hit);
    return hit.bytes;
  };

  // piece gives bytes of a file from a place on, as far as its block goes.
  const piece = (node, place, length) => {
    if (node.entries) throw new Failure("EISDIR");
    const rest = Math.min(length, sizeOf(node) - place);
    if (rest <= 0) return new Uint8Array(0);
    const from = place % blockSize;
    const bytes = block(node, Math.floor(place / blockSize)).subarray(from, from + rest);
    if (bytes.length === 0) throw new Failure("EIO"); // the file is shorter than it was
    return bytes;
  };

  const read = (fd, buffer, offset, length, position) => {
    const file = of(fd), start = position ?? file.at;
    let n = 0;
    while (n < length) {
      const bytes = piece(file.node, start + n, length - n);
      if (bytes.length === 0) break;
      buffer.set(bytes, offset + n);
      n += bytes.length;
    }
    if (position === null) file.at += n;
    return n;
  };

  const write = (fd, buffer, offset, length, position) => {
    if (fd < 3) {
      said += stderr.decode(buffer, {stream: true});
      return length;
    }
    const file = of(fd), node = file.node;
    if (!node.parts) throw new Failure("EACCES");
    const start = position ?? file.at;
    if (start !== node.size) throw new Failure("EINVAL"); // Go writes them once, from start to end
    if (unpacked + length > maxUnpacked) throw new Failure("ENOSPC");
    for (let n = 0; n < length;) {
      const from = node.size % blockSize;
      if (from === 0) node.parts.push(new Uint8Array(blockSize));
      const more = Math.min(blockSize - from, length - n);
      node.parts.at(-1).set(buffer.subarray(offset + n, offset + n + more), from);
      n += more;
      node.size += more;
    }
    unpacked += length;
    if (position === null) file.at += length;
    return length;
  };

  const open = (path, how) => {
    let {parent, name, node} = find(path);
    if (node && how & flags.O_CREAT && how & flags.O_EXCL) throw new Failure("EEXIST");
    if (!node) {
      if (!(how & flags.O_CREAT)) throw new Failure("ENOENT");
      node = {ino: ++inodes, size: 0, parts: []};
      parent.entries.set(name, node);
    }
    if (how & flags.O_DIRECTORY && !node.entries) throw new Failure("ENOTDIR");
    opened.set(descriptors, {node, at: 0});
    return descriptors++;
  };

  const remove = (path, what) => {
    const {parent, name, node} = find(path);
    if (!node) throw new Failure("ENOENT");
    if (Boolean(node.entries) !== what) throw new Failure(what ? "ENOTDIR" : "EISDIR");
    if (node.entries?.size) throw new Failure("ENOTEMPTY");
    parent.entries.delete(name);
    if (node.parts) {
      unpacked -= node.size;
      node.parts = [];
      node.size = 0;
    }
  };

  const mkdir = (path) => {
    const {parent, name, node} = find(path);
    if (node) throw new Failure("EEXIST");
    parent.entries.set(name, folder());
  };

  // answers makes a function one that calls back, as Go expects it.
  const answers = (f) => (...args) => {
    const callback = args.pop();
    let result;
    try {
      result = f(...args);
    } catch (e) {
      if (!(e instanceof Failure)) {
        broken(e); // Go might wait for ever for a call that never came back
        throw e;
      }
      callback(e);
      return;
    }
    callback(null, result);
  };
  const calls = {
    open, read, write, mkdir, close: (fd) => { of(fd); opened.delete(fd); }, fstat: (fd) => stat(of(fd).node),
    stat: (path) => stat(at(path)), lstat: (path) => stat(at(path)), readdir: (path) => [...at(path).entries.keys()],
    unlink: (path) => remove(path, false), rmdir: (path) => remove(path, true), fsync: () => undefined,
  };
  const none = () => { throw new Failure("ENOSYS"); };
  for (const name of ["chmod", "chown", "fchmod", "fchown", "ftruncate", "lchown", "link", "readlink", "rename", "symlink", "truncate", "utimes"]) {
    calls[name] = none;
  }
  // Go's own reader takes pieces as they are; null sends it to read, which tells why.
  const pieceOf = (fd, position, length) => {
    try {
      return piece(of(fd).node, position, length);
    } catch (e) {
      if (e instanceof Failure) return null;
      broken(e);
      throw e;
    }
  };
  // hash lets another worker hash a file and calls back with the bytes that were hashed
  // now and again, and with the sum, "" when it cannot be read. A file that is short, or not of the page, is left to Go.
  const leastHashed = 1 << 18;
  const waiting = new Map();
  let makeHasher = null, hasher = null;
  const hash = (path, callback) => {
    const {node} = find(path);
    if (!node?.file || node.file.size < leastHashed) return false;
    if (!hasher) {
      hasher = makeHasher();
      hasher.onmessage = ({data}) => {
        waiting.get(data.id)(data.more ?? data.sum);
        if (!data.more) waiting.delete(data.id);
      };
      hasher.onerror = (e) => broken(e.message);
    }
    waiting.set(node.ino, callback);
    hasher.postMessage({do: "hash", id: node.ino, file: node.file});
    return true;
  };
  globalThis.fs = {constants: flags, piece: pieceOf, hash, writeSync: (fd, buffer) => write(fd, buffer, 0, buffer.length, null)};
  for (const [name, f] of Object.entries(calls)) globalThis.fs[name] = answers(f);
  globalThis.process = {getuid: () => 0, getgid: () => 0, geteuid: () => 0, getegid: () => 0, getgroups: none, pid: 1, ppid: 1, umask: none, cwd: () => "/", chdir: none};
  globalThis.path = {resolve: (...parts) => parts.join("/")};

  return {
    // mount puts files into the tree and gives the paths of the things that were given:
    // a side is a list of things, a thing a name and its files with their paths below it.
    mount: (sides) => {
      const top = folder();
      root.entries.set("in", top);
      return sides.map((things, s) => {
        const side = folder();
        top.entries.set(String(s), side);
        return things.map(({name, files}, t) => {
          const own = folder();
          side.entries.set(String(t), own);
          for (const {path, file} of files) {
            let node = own;
            const names = [name, ...path];
            for (const n of names.slice(0, -1)) {
              if (!node.entries.has(n)) node.entries.set(n, folder());
              node = node.entries.get(n);
            }
            node.entries.set(names.at(-1), {ino: ++inodes, file});
          }
          return `/in/${s}/${t}/${name}`;
        });
      });
    },
    said: () => said,
    hashIn: (f) => { makeHasher = f; },
    drain,
  };
})();
