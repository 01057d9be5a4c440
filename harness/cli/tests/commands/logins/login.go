// A login command that keeps the token from its standard input, with the fault that its first argument names.
package main

import (
	"fmt"
	"io"
	"os"
)

var token []byte

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func keep(path string, flags int, mode os.FileMode) {
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|flags, mode)
	check(err)
	_, err = file.Write(token)
	check(err)
	check(file.Sync())
	check(file.Close())
}

func putInPlace(path string) {
	check(os.Rename(path, "token"))
	directory, err := os.Open(".")
	check(err)
	check(directory.Sync())
	check(directory.Close())
}

func main() {
	var err error
	fault := os.Args[1]
	if fault == "argument" {
		token = []byte(os.Args[2])
	} else {
		token, err = io.ReadAll(os.Stdin)
		check(err)
	}
	temporary := fmt.Sprintf("token.%d", os.Getpid())
	switch fault {
	case "umask":
		keep("token", os.O_TRUNC, 0o666)
	case "chmod-after":
		keep("token", os.O_TRUNC, 0o666)
		check(os.Chmod("token", 0o600))
	case "widens":
		keep(temporary, os.O_EXCL, 0o666)
		putInPlace(temporary)
	case "parent":
		check(os.MkdirAll(".tool", 0o777))
		keep(".tool/token", os.O_TRUNC, 0o600)
	default:
		keep(temporary, os.O_EXCL, 0o600)
		putInPlace(temporary)
		if fault == "left-over" {
			keep(temporary, os.O_EXCL, 0o600)
		}
		if fault == "prints" {
			fmt.Println("logged in with", string(token))
		}
	}
}
