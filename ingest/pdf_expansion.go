package ingest

import (
	"bytes"
	"encoding/binary"
	"strconv"
)

// mostPixels is how many pixels one picture of a document may unfold to: a sheet
// of A0 at 600 dots to the inch has half as many.
const mostPixels = 1 << 30

// unfolds tells whether a picture in the file declares more pixels than any sheet
// has. Dictionaries of streams always stand in clear in the file, encrypted or
// not; so does the head of a JBIG2 stream.
func unfolds(data []byte) bool {
	const (
		mostHead = 4096 // bytes of a dictionary that are looked at
		end      = "stream"
	)
	for at := 0; ; {
		i := bytes.Index(data[at:], []byte(end))
		if i < 0 {
			return false
		}
		i += at
		at = i + len(end)
		if i >= 3 && string(data[i-3:i]) == "end" {
			continue
		}
		head := data[max(0, i-mostHead):i]
		if k := bytes.LastIndex(head, []byte("obj")); k >= 0 {
			head = head[k:]
		}
		if tooManyPixels(dictNumber(head, "/Width"), dictNumber(head, "/Height")) {
			return true
		}
		if bytes.Contains(head, []byte("/JBIG2Decode")) && tooManyPixels(jbig2Size(data[at:])) {
			return true
		}
	}
}

func tooManyPixels(width, height uint64) bool {
	return width > 0 && height > mostPixels/width
}

// dictNumber returns the number that follows a key, 0 if there is none.
func dictNumber(head []byte, key string) uint64 {
	i := bytes.Index(head, []byte(key))
	if i < 0 {
		return 0
	}
	rest := bytes.TrimLeft(head[i+len(key):], " \r\n\t")
	k := 0
	for k < len(rest) && rest[k] >= '0' && rest[k] <= '9' {
		k++
	}
	n, err := strconv.ParseUint(string(rest[:k]), 10, 32)
	if err != nil {
		return 0
	}
	return n
}

// jbig2Size reads the size from the page information segment with which an
// embedded JBIG2 stream starts (ITU-T T.88, 7.2 and 7.4.8).
func jbig2Size(stream []byte) (width, height uint64) {
	const (
		pageInformation = 48
		header          = 11 // of a segment that refers to no other
	)
	stream = bytes.TrimLeft(stream[:min(len(stream), 64)], "\r\n")
	if len(stream) < header+8 || stream[4]&0x3F != pageInformation {
		return 0, 0
	}
	return uint64(binary.BigEndian.Uint32(stream[header:])), uint64(binary.BigEndian.Uint32(stream[header+4:]))
}
