package winsock

// maxImageName is the most characters of an image name that are looked at:
// the longest path that Windows can hold. A name without an end is no name.
const maxImageName = 32767

// maxSubAuthorities is the most that a SID may have (SID_MAX_SUB_AUTHORITIES).
const maxSubAuthorities = 15
