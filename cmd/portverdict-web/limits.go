package main

// maxUnpacked is how many bytes of unpacked archives the page holds in memory; disk.js
// has it too. What is unpacked first, up to the bundle's own limit, is beside it.
const maxUnpacked = 512_000_000
