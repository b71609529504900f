// Lists tars as docker sees them (Go's archive/tar), in the words of readers.cpp.
package main

import (
	"archive/tar"
	"crypto/sha256"
	"fmt"
	"io"
	"os"
	"sort"
	"strings"
	"unicode/utf8"
)

// What docker's pkg/archive makes of a type; it refuses all others.
var types = map[byte]string{
	tar.TypeReg: "file", tar.TypeRegA: "file", tar.TypeCont: "file", tar.TypeGNUSparse: "file",
	tar.TypeLink: "hardlink", tar.TypeSymlink: "symlink", tar.TypeChar: "char",
	tar.TypeBlock: "block", tar.TypeDir: "directory", tar.TypeFifo: "fifo",
}

const xattr = "SCHILY.xattr."

func printable(text string) string {
	var b strings.Builder
	for len(text) > 0 {
		r, size := utf8.DecodeRuneInString(text)
		if (r == utf8.RuneError && size == 1) || r < ' ' || r == 0x7f {
			fmt.Fprintf(&b, "\\x%02x", text[0])
		} else {
			b.WriteString(text[:size])
		}
		text = text[size:]
	}
	return b.String()
}

func line(h *tar.Header, sum []byte) string {
	kind := types[h.Typeflag]
	s := fmt.Sprintf("%s '%s' %o %d:%d %d.%d", kind, printable(h.Name), h.Mode&07777, h.Uid, h.Gid,
		h.ModTime.Unix(), h.ModTime.Nanosecond())
	switch kind {
	case "hardlink", "symlink":
		s += fmt.Sprintf(" -> '%s'", printable(h.Linkname))
	case "char", "block":
		s += fmt.Sprintf(" %d,%d", h.Devmajor, h.Devminor)
	case "file":
		s += fmt.Sprintf(" %d %x", h.Size, sum[:8])
	}
	var keys []string
	for key := range h.PAXRecords {
		if strings.HasPrefix(key, xattr) {
			keys = append(keys, key)
		}
	}
	sort.Strings(keys)
	for _, key := range keys {
		s += fmt.Sprintf(" %s=%s", printable(key[len(xattr):]), printable(h.PAXRecords[key]))
	}
	return s
}

func list(path string) error {
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	defer file.Close()
	for reader := tar.NewReader(file); ; {
		header, err := reader.Next()
		if err == io.EOF {
			return nil
		} else if err != nil {
			return err
		}
		if header.Typeflag == tar.TypeXGlobalHeader {
			continue
		}
		if types[header.Typeflag] == "" {
			return fmt.Errorf("unhandled tar header type %d", header.Typeflag)
		}
		hash := sha256.New()
		if _, err := io.Copy(hash, reader); err != nil {
			return err
		}
		fmt.Println(line(header, hash.Sum(nil)))
	}
}

func main() {
	for _, path := range os.Args[1:] {
		fmt.Println("== " + path)
		if err := list(path); err != nil {
			fmt.Println("error:", err)
		} else {
			fmt.Println("end")
		}
	}
}
